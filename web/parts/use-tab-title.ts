import { useEffect } from "react";
import { studioTexts as texts } from "../texts/studio";

/** Shows a title in the browser's tab. */
export function useTabTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${texts.name}`;
  }, [title]);
}
