import { useEffect, useRef } from "react";
import { type Receiver, receivePictures } from "./received";

/** Passes on pictures, or the address of one, that are pasted anywhere on the page but into a text. */
export function usePastedPicture(receiver: () => Receiver): void {
  const newest = useRef(receiver);
  useEffect(() => {
    newest.current = receiver;
  });
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const isText = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (event.clipboardData && !(isText && event.clipboardData.files.length === 0))
        receivePictures(event.clipboardData, newest.current());
    };
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, []);
}
