import { useEffect, useState } from "react";

/** Heights that a row of pictures may have, rem. */
export const wallSizes = { min: 6, max: 24, step: 1 } as const;

/** Height of a row by default, rem. */
export const usualSize = 10;

/** Where the browser keeps the height that was chosen. */
const STORED = "atelier-wall-size";

/** The height of a row of pictures, rem, which the browser remembers, and its setter. */
export function useWallSize(): [number, (size: number) => void] {
  const [size, setSize] = useState(usualSize);
  useEffect(() => {
    try {
      const stored = Number(localStorage.getItem(STORED));
      if (stored >= wallSizes.min && stored <= wallSizes.max) setSize(stored);
    } catch {
      // The browser keeps nothing for this page: the usual size is used.
    }
  }, []);

  function choose(next: number) {
    setSize(next);
    try {
      localStorage.setItem(STORED, String(next));
    } catch {
      // As above.
    }
  }

  return [size, choose];
}
