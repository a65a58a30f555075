import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { execute } from "../../graphql/execute";
import { ImageQuery } from "../../graphql/operations";
import { type Draft, keepDraft, readDraft } from "../../session/draft";
import { bringsDraft, draftFromLink } from "../../session/setup-link";

interface Listener {
  /** Receives the draft that the browser has kept. The page must not begin with it: the server, which made it, has none. */
  onRestore(kept: Draft): void;
  /** A link brought the draft; `before` is the one that the browser had kept. A link that cannot be read changes nothing. */
  onLink(before: Draft | null | "unreadable"): void;
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
    const kept = readDraft();
    const linked = bringsDraft(location.search) ? draftFromLink(location.search) : null;
    if (bringsDraft(location.search)) newest.current.listener.onLink(linked ? kept : "unreadable");
    const draft = linked ? withKeptPictures(linked, kept) : kept;
    if (!draft) return;
    newest.current.listener.onRestore(draft);
    const ending = new AbortController();
    for (const id of imagesOf(draft)) {
      execute(ImageQuery, { id }, ending.signal).then(
        ({ image }) => image === null && newest.current.listener.onMissing(id),
        // While the server cannot be reached, the pictures stay.
        () => undefined,
      );
    }
    return () => ending.abort();
  }, []);

  useEffect(() => {
    // Afterwards, a reload keeps what was changed. Next's router keeps its own state in the entry.
    if (bringsDraft(location.search)) history.replaceState(history.state, "", location.pathname);
  }, []);

  const text = isRestored ? JSON.stringify(draft) : null;
  useEffect(() => {
    if (text !== null) keepDraft(newest.current.draft);
  }, [text]);
}

/** The draft of a link, with the pictures of the one that the browser has kept at hand. */
function withKeptPictures(linked: Draft, kept: Draft | null): Draft {
  const together = (choice: Draft["photo"], before: Draft["photo"] | undefined) => ({
    ...choice,
    own: [...choice.own, ...(before?.own ?? []).filter((one) => choice.own.every(({ url }) => url !== one.url))],
  });
  return { ...linked, photo: together(linked.photo, kept?.photo), style: together(linked.style, kept?.style) };
}

function imagesOf({ photo, style, mix }: Draft): ReadonlySet<string> {
  const own = [...photo.own, ...style.own].flatMap(({ imageId }) => imageId ?? []);
  return new Set([...own, ...mix.others.map(({ image }) => image.id)]);
}
