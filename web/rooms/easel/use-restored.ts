import { useEffect, useRef, useState } from "react";
import { receivePictures } from "../../pictures/received";
import type { Choice } from "../../pictures/use-choice";
import type { Recipe } from "../../session/recipe";
import { type FoundTrace, findTrace } from "./trace";

/** A picture whose settings are used instead of the picture itself. */
export interface Restored {
  trace: FoundTrace;
  /** Uses the picture itself instead. */
  usePicture(): void;
}

/**
 * Pictures that Atelier exported contain their settings. A choice that is `receiving` passes those to `onRecipe` and takes
 * all other pictures; one dropped outside the choices goes to the one that `touched` returns.
 */
export function useRestored(onRecipe: (recipe: Recipe) => void, touched: () => Choice) {
  const [restored, setRestored] = useState<Restored | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const turns = useRef(0);

  async function receive(file: File, choice: Choice): Promise<void> {
    setFailure(null);
    setRestored(null);
    const turn = ++turns.current;
    try {
      const trace = await findTrace(file);
      // A picture that was dropped later has been read sooner.
      if (turn !== turns.current) return;
      if (!trace) return await choice.take(file);
      onRecipe(trace.recipe);
      setRestored({
        trace,
        usePicture() {
          setRestored(null);
          void choice.take(file);
        },
      });
    } catch (error) {
      // Settings that cannot be read are no reason to refuse the picture.
      setFailure(error);
      await choice.take(file);
    }
  }

  const receiving = (choice: Choice): Choice => ({ ...choice, take: (file) => receive(file, choice) });
  const newest = useRef(() => receiving(touched()));
  useEffect(() => {
    newest.current = () => receiving(touched());
  });
  useEffect(() => {
    const onDragOver = (event: DragEvent) => event.preventDefault();
    const onDrop = (event: DragEvent) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (event.dataTransfer) receivePictures(event.dataTransfer, newest.current());
    };
    window.addEventListener("dragover", onDragOver);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragover", onDragOver);
      window.removeEventListener("drop", onDrop);
    };
  }, []);

  return { restored, failure, receiving, dismiss: () => setRestored(null) };
}
