import type { Bus } from "../../bus/bus.js";
import { maySee, type Reader } from "../../records/access.js";
import { isLive, type SessionFilter, type SessionRecord } from "../../records/session.js";
import { Feed } from "./feed.js";

/** Sessions that a feed of removals remembers to have been shown while it was open. */
const MOST_REMEMBERED = 1000;

/**
 * Sessions that pass a filter, as they start and change. The feed ends when changes were lost: whoever reads it lists the
 * sessions again, and opens another one.
 */
export function openGalleryFeed(bus: Bus, filter: SessionFilter): Promise<Feed<SessionRecord>> {
  return Feed.open((feed) =>
    bus.subscribe(
      "sessions",
      (event) => {
        if (event.type === "changed" && matches(event.session, filter)) feed.offer(event.session);
        else feed.withdraw(event.type === "changed" ? event.session.id : event.sessionId);
      },
      () => feed.end(),
    ),
  );
}

/**
 * Sessions as they are deleted, of those that a reader may see, and as they are hidden from a reader who could see them. A
 * reader never hears of a session that was always hidden from them. The feed ends when removals were lost.
 */
export function openRemovalFeed(bus: Bus, reader: Reader | null): Promise<Feed<{ id: string }>> {
  // Of two decisions at once, the second may not have read what the first had shown.
  const shown = new Set<string>();
  return Feed.open((feed) =>
    bus.subscribe(
      "sessions",
      (event) => {
        if (event.type === "deleted") {
          if (maySee(reader, { ...event, id: event.sessionId })) feed.offer({ id: event.sessionId });
          return;
        }
        const { session, before } = event;
        const { id } = session;
        if (!maySee(reader, session)) {
          if (shown.delete(id) || (before && maySee(reader, { ...session, ...before }))) feed.offer({ id });
        } else if (before) {
          feed.withdraw(id);
          if (shown.size >= MOST_REMEMBERED) shown.delete(shown.values().next().value ?? "");
          shown.add(id);
        }
      },
      () => feed.end(),
    ),
  );
}

/**
 * Whether a session passes a filter, by the rules of `SessionStore.list`, except for styles between the first and the
 * current ones: the session's record does not hold those.
 */
function matches(session: SessionRecord, filter: SessionFilter): boolean {
  if (filter.kind !== undefined && session.kind !== filter.kind) return false;
  if (filter.status !== undefined && !filter.status.includes(session.status)) return false;
  if (filter.titleContains !== undefined && !contains(session.title, filter.titleContains)) return false;
  if (filter.models !== undefined && !filter.models.includes(session.settings.model)) return false;
  if (filter.starred !== undefined && session.starred !== filter.starred) return false;
  if (filter.live !== undefined && isLive(session) !== filter.live) return false;
  if (filter.lasting && session.expiresAt !== null) return false;
  if (filter.ownerId !== undefined && session.ownerId !== filter.ownerId) return false;
  if (filter.approval !== undefined && session.approval !== filter.approval) return false;
  if (filter.reader && !maySee(filter.reader, session)) return false;
  if (filter.output !== undefined && !(session.kind === "TRANSLATION" && session.settings.output === filter.output)) return false;
  if (filter.imageId !== undefined && !imagesOf(session).includes(filter.imageId)) return false;
  if (filter.styleImageId !== undefined && !stylesOf(session).includes(filter.styleImageId)) return false;
  if (filter.createdAfter !== undefined && session.createdAt <= filter.createdAfter) return false;
  return filter.createdBefore === undefined || session.createdAt < filter.createdBefore;
}

function contains(title: string | null, part: string): boolean {
  return (title ?? "").toLowerCase().includes(part.toLowerCase());
}

function imagesOf(session: SessionRecord): (string | null)[] {
  return session.kind === "TRANSLATION" ? [session.sourceId] : [session.contentId, ...stylesOf(session)];
}

function stylesOf(session: SessionRecord): string[] {
  if (session.kind === "TRANSLATION") return [];
  return [...session.styles, ...session.initial.styles].map(({ imageId }) => imageId);
}
