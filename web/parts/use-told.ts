import { useEffect, useState } from "react";

/** How long the words are shown, ms. */
const TOLD_MS = 2500;

/** Words that a button says for a moment in place of its own; null otherwise. */
export function useTold(): [told: string | null, tell: (words: string) => void] {
  const [told, setTold] = useState<string | null>(null);
  useEffect(() => {
    if (told === null) return;
    const timer = setTimeout(() => setTold(null), TOLD_MS);
    return () => clearTimeout(timer);
  }, [told]);
  return [told, setTold];
}
