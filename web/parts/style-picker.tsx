import { Dialog } from "radix-ui";
import { useState } from "react";
import dialog from "./dialog.module.css";
import { FailureNotice } from "./notice";
import { PictureWell } from "./picture-well";
import { useAttempt } from "./use-attempt";
import { pictureOf, type Uploaded, useChoice } from "./use-choice";
import { sampleStyles } from "../samples/catalogue";
import { paintingTexts as texts } from "../texts/painting";
import styles from "../rooms/painting/steer/steer-panel.module.css";

/** Chooses a style picture: dropped, opened, or one of the samples. */
export function StylePicker({ action, onPick }: { action: string; onPick(image: Uploaded): void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className={styles.action}>{action}</Dialog.Trigger>
      <Dialog.Portal>
        <div className={dialog.overlay} aria-hidden="true" />
        <Dialog.Content className={dialog.content} data-high="true" aria-describedby={undefined}>
          <Dialog.Title className="hidden">{action}</Dialog.Title>
          <Picker
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

function Picker({ onPick }: { onPick(image: Uploaded): void }) {
  const choice = useChoice(sampleStyles);
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
