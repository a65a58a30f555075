import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { ImageQuery } from "../../graphql/operations";
import { type Draft, keepDraft, readDraft } from "../../session/draft";
import { draftFromLink } from "../../session/setup-link";

interface Listener {
  /** Receives the draft that the browser has kept. The page must not begin with it: the server, which made it, has none. */
  onRestore(kept: Draft): void;
  /** A picture of the kept draft is no longer on the server. */
  onMissing(imageId: string): void;
}

/** Restores the draft that a link brings, or that the browser has kept, and keeps it as it changes. */
export function useKeptDraft(draft: Draft, listener: Listener): void {
  const [isRestored, setRestored] = useState(false);
  const newest = useRef({ draft, listener });
  useLayoutEffect(() => {
    newest.current = { draft, listener };
  });

  useLayoutEffect(() => {
    setRestored(true);
    const kept = arrivingDraft() ?? readDraft();
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

/** The draft of a link, with the pictures of the kept one at hand. The address is as usual afterwards, so that a reload keeps changes. */
function arrivingDraft(): Draft | null {
  const linked = draftFromLink(location.search);
  if (!linked) return null;
  history.replaceState(null, "", location.pathname);
  const kept = readDraft();
  const withKept = (choice: Draft["photo"], before: Draft["photo"] | undefined) => ({
    ...choice,
    own: [...choice.own, ...(before?.own ?? []).filter((one) => choice.own.every(({ url }) => url !== one.url))],
  });
  return { ...linked, photo: withKept(linked.photo, kept?.photo), style: withKept(linked.style, kept?.style) };
}

function imagesOf({ photo, style, mix }: Draft): ReadonlySet<string> {
  const own = [...photo.own, ...style.own].flatMap(({ imageId }) => imageId ?? []);
  return new Set([...own, ...mix.others.map(({ image }) => image.id)]);
}
