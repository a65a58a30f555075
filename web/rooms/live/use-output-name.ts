import { useEffect, useState } from "react";

/** Where the browser keeps the name. */
const STORED = "atelier-output";
const USUAL = "live";

/** Whether a name may be part of an address, as the server demands it. */
export function isOutputName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,47}$/.test(name);
}

/** The name of this browser's output, which stays from one visit to the next. */
export function useOutputName(): [name: string, rename: (name: string) => void] {
  const [name, setName] = useState(USUAL);
  useEffect(() => {
    try {
      const kept = localStorage.getItem(STORED);
      if (kept !== null && isOutputName(kept)) setName(kept);
    } catch {
      // The browser keeps nothing for this page: the usual name is as good.
    }
  }, []);
  return [
    name,
    (next) => {
      setName(next);
      try {
        localStorage.setItem(STORED, next);
      } catch {
        // As above: it lasts until the page is closed.
      }
    },
  ];
}
