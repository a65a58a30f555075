import { useEffect, useState } from "react";
import { copyTexts as texts } from "../texts/copy";
import button from "./text-button.module.css";

/** How long the button says that the text was copied, ms. */
const TOLD_MS = 2000;

/** A button that copies a text; `name` says which one to those who cannot see it. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const [outcome, setOutcome] = useState<"copied" | "refused" | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), TOLD_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      // Browsers allow it at safe addresses only: the text can still be selected.
      setOutcome("refused");
    }
  }

  return (
    <button type="button" className={button.accent} aria-label={outcome === null ? name : undefined} onClick={() => void copy()}>
      <span aria-live="polite">{outcome === null ? texts.copy : texts[outcome]}</span>
    </button>
  );
}
