import { useTold } from "../../parts/use-told";
import { exportTexts as texts } from "../../texts/export";

/** A button that copies a picture, to be pasted into another program. */
export function CopyPicture({ url }: { url: string }) {
  const [told, tell] = useTold();

  async function copy() {
    try {
      // Safari wants the promise itself, while the click counts as one.
      const picture = fetch(url).then((response) => {
        if (!response.ok) throw new Error(response.statusText);
        return response.blob();
      });
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      tell(texts.copied);
    } catch (error) {
      console.debug("The picture was not copied:", error);
      tell(texts.notCopied);
    }
  }

  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{told ?? texts.copy}</span>
    </button>
  );
}
