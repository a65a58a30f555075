import { useRouter } from "next/navigation";
import { Dialog } from "radix-ui";
import { useState } from "react";
import type { ImageReference, Weighted } from "../../../server/records/changes";
import { execute } from "../../graphql/execute";
import { StartPainting } from "../../graphql/operations";
import dialog from "../../parts/dialog.module.css";
import { Modal } from "../../parts/modal";
import { FailureNotice } from "../../parts/notice";
import { SelectControl } from "../../parts/select-control";
import { useAttempt } from "../../parts/use-attempt";
import { type Recipe, toInput } from "../../session/recipe";
import { easelTexts } from "../../texts/easel";
import { type Vary, variationsOf } from "./variations";

const texts = easelTexts.four;

interface Props {
  recipe: Recipe;
  disabled: boolean;
  /** The pictures of the paintings on the server, and their title. */
  pictures(): Promise<{ contentId: string; styles: readonly Weighted<ImageReference>[]; title: string }>;
}

/** Paints four small variations side by side, of which one may grow. */
export function TryFour({ recipe, disabled, pictures }: Props) {
  const router = useRouter();
  const [vary, setVary] = useState<Vary>("presets");
  const { busy, failure, attempt, forget } = useAttempt();

  const begin = () =>
    attempt(async () => {
      const { contentId, styles, title } = await pictures();
      const ids: string[] = [];
      for (const { name, recipe: one } of variationsOf(recipe, vary)) {
        const input = toInput(one, contentId, styles, `${title} · ${name}`);
        ids.push((await execute(StartPainting, { input })).startStyleTransfer.id);
      }
      router.push(`/four?ids=${ids.join()}`);
    });

  return (
    <Modal
      trigger={
        <Dialog.Trigger className="button large" disabled={disabled}>
          {texts.open}
        </Dialog.Trigger>
      }
      title={texts.open}
      about={texts.help}
      onOpenChange={forget}
    >
      <form
        className={dialog.form}
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <SelectControl
          title={texts.differ}
          options={Object.entries(texts.vary).map(([value, title]) => ({ value: value as Vary, title }))}
          value={vary}
          onChange={(value: Vary) => setVary(value)}
        />
        <FailureNotice error={failure} />
        <div className={dialog.actions}>
          <Dialog.Close className="button">{texts.cancel}</Dialog.Close>
          <button type="submit" className="button primary" disabled={busy}>
            {busy ? texts.starting : texts.start}
          </button>
        </div>
      </form>
    </Modal>
  );
}
