import { copyTexts as texts } from "../texts/copy";
import button from "./text-button.module.css";
import { useTold } from "./use-told";

/** A button that copies a text; `name` says which one to those who cannot see it. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const [told, tell] = useTold();

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      tell(texts.copied);
    } catch {
      // Browsers allow it at safe addresses only: the text can still be selected.
      tell(texts.refused);
    }
  }

  return (
    <button type="button" className={button.accent} aria-label={told === null ? name : undefined} onClick={() => void copy()}>
      <span aria-live="polite">{told ?? texts.copy}</span>
    </button>
  );
}
