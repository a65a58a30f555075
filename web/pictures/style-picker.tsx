import { Dialog } from "radix-ui";
import { useState } from "react";
import dialog from "../parts/dialog.module.css";
import { FailureNotice } from "../parts/notice";
import button from "../parts/text-button.module.css";
import { useAttempt } from "../parts/use-attempt";
import { paintingTexts as texts } from "../texts/painting";
import { PictureWell } from "./picture-well";
import { sampleStyles } from "./samples";
import { isOfSample, pictureOf, type Uploaded, useChoice } from "./use-choice";

interface Props {
  action: string;
  /** URLs of styles that are in use, which the dialog does not offer first. */
  used: readonly string[];
  onPick(image: Uploaded): void;
}

/** A dialog to choose a style picture: dropped, uploaded, or one of the samples. */
export function StylePicker({ action, used, onPick }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className={button.quiet}>{action}</Dialog.Trigger>
      <Dialog.Portal>
        <div className={dialog.overlay} aria-hidden="true" />
        <Dialog.Content className={dialog.content} data-high="true" aria-describedby={undefined}>
          <Dialog.Title className="hidden">{action}</Dialog.Title>
          <Picker
            used={used}
            onPick={(image) => {
              onPick(image);
              setOpen(false);
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Picker({ used, onPick }: Pick<Props, "used" | "onPick">) {
  const [first] = useState(() => sampleStyles.find((sample) => !used.some((url) => isOfSample(url, sample)))?.url ?? "");
  const choice = useChoice(sampleStyles, { own: [], url: first });
  const { busy, failure, attempt } = useAttempt();
  return (
    <>
      <PictureWell title={texts.styles.style} choice={choice} />
      <FailureNotice error={failure} />
      <div className={dialog.actions}>
        <Dialog.Close className="button">{texts.styles.cancel}</Dialog.Close>
        <button
          type="button"
          className="button primary"
          disabled={busy || choice.uploading}
          onClick={() => void attempt(async () => onPick(await pictureOf(choice.chosen)))}
        >
          {texts.styles.use}
        </button>
      </div>
    </>
  );
}
