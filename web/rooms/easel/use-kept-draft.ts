import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { ImageQuery } from "../../graphql/operations";
import { type Draft, keepDraft, readDraft } from "../../session/draft";

interface Listener {
  /** Receives the draft that the browser has kept. The page must not begin with it: the server, which made it, has none. */
  onRestore(kept: Draft): void;
  /** A picture of the kept draft is no longer on the server. */
  onMissing(imageId: string): void;
}

/** Restores the draft that the browser has kept, and keeps it as it changes. */
export function useKeptDraft(draft: Draft, listener: Listener): void {
  const [isRestored, setRestored] = useState(false);
  const newest = useRef({ draft, listener });
  useLayoutEffect(() => {
    newest.current = { draft, listener };
  });

  useLayoutEffect(() => {
    setRestored(true);
    const kept = readDraft();
    if (!kept) return;
    newest.current.listener.onRestore(kept);
    const ending = new AbortController();
    for (const id of imagesOf(kept)) {
      execute(ImageQuery, { id }, ending.signal).then(
        ({ image }) => image === null && newest.current.listener.onMissing(id),
        // While the server cannot be reached, the pictures stay.
        () => undefined,
      );
    }
    return () => ending.abort();
  }, []);

  const text = isRestored ? JSON.stringify(draft) : null;
  useEffect(() => {
    if (text !== null) keepDraft(newest.current.draft);
  }, [text]);
}

function imagesOf({ photo, style, mix }: Draft): ReadonlySet<string> {
  const own = [...photo.own, ...style.own].flatMap(({ imageId }) => imageId ?? []);
  return new Set([...own, ...mix.others.map(({ image }) => image.id)]);
}
