import { useEffect, useState } from "react";
import { exportTexts as texts } from "../../texts/export";

/** How long the button says what became of the copy, ms. */
const TOLD_MS = 2500;

/** A button that copies a picture, to be pasted into another program. */
export function CopyPicture({ url }: { url: string }) {
  const [told, setTold] = useState<string | null>(null);
  useEffect(() => {
    if (told === null) return;
    const timer = setTimeout(() => setTold(null), TOLD_MS);
    return () => clearTimeout(timer);
  }, [told]);

  async function copy() {
    try {
      // Safari wants the promise itself, while the click counts as one.
      const picture = fetch(url).then((response) => {
        if (!response.ok) throw new Error(response.statusText);
        return response.blob();
      });
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      setTold(texts.copied);
    } catch (error) {
      console.debug("The picture was not copied:", error);
      setTold(texts.notCopied);
    }
  }

  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{told ?? texts.copy}</span>
    </button>
  );
}
