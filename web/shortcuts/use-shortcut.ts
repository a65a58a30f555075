import { useEffect, useRef } from "react";
import { addShortcut } from "./active";

/** While the component is mounted and `run` is not null, `key` calls it and the help sheet lists it. */
export function useShortcut(key: string, title: string, run: (() => void) | null, everywhere = false): void {
  const newest = useRef(run);
  useEffect(() => {
    newest.current = run;
  });
  const on = run !== null;
  useEffect(() => (on ? addShortcut({ key, title, everywhere, run: () => newest.current?.() }) : undefined), [key, title, everywhere, on]);
}
