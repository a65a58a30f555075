import { type RefObject, useEffect, useState } from "react";

/**
 * Lets an element fill the screen, and leaves that again. `canFill` is false where the browser does not allow it, as on
 * iPhones; `fills` is whether it does now.
 */
export function useFullScreen(element: RefObject<HTMLElement | null>): { fill(): void; canFill: boolean; fills: boolean } {
  // Known only after the first render, because the page is exported without a browser.
  const [canFill, setCanFill] = useState(false);
  useEffect(() => setCanFill(document.fullscreenEnabled ?? false), []);
  const [fills, setFills] = useState(false);
  useEffect(() => {
    const changed = () => setFills(document.fullscreenElement !== null && document.fullscreenElement === element.current);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, [element]);
  const turn = async () => {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await element.current?.requestFullscreen();
    } catch (error) {
      console.debug("The browser did not fill the screen:", error);
    }
  };
  return { fill: () => void turn(), canFill, fills };
}
