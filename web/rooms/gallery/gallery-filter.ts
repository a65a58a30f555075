import type { VariablesOf } from "gql.tada";
import type { Card, GalleryQuery, SessionStatus } from "../../graphql/operations";

export type FilterInput = NonNullable<VariablesOf<typeof GalleryQuery>["filter"]>;

/** Groups of statuses to filter by. */
export const statusGroups = {
  working: ["QUEUED", "RUNNING", "PAUSED"],
  finished: ["COMPLETED"],
  cancelled: ["CANCELLED"],
  failed: ["FAILED"],
} as const satisfies Record<string, readonly SessionStatus[]>;

export type StatusGroup = keyof typeof statusGroups;

/** Kinds of sessions in the gallery. Live translations are shown only when they are asked for. */
export const kinds = ["STYLE_TRANSFER", "TRANSLATION", "LIVE"] as const;

/** The gallery's filter; null and empty values set no limit. */
export interface GalleryFilter {
  kind: (typeof kinds)[number] | null;
  status: StatusGroup | null;
  text: string;
  /** Id of a network. */
  model: string | null;
  /** Id of a source picture. */
  image: string | null;
  /** Whether only starred sessions are shown. */
  starred: boolean;
  /** Whether the oldest come first. */
  oldestFirst: boolean;
}

export const noFilter: GalleryFilter = { kind: null, status: null, text: "", model: null, image: null, starred: false, oldestFirst: false };

const MOST_CHARACTERS = 200;

/** The filter in an address; unknown values set no limit. */
export function filterOf(query: URLSearchParams): GalleryFilter {
  const kind = query.get("kind")?.toUpperCase().replace("-", "_");
  const status = query.get("status") as StatusGroup | null;
  return {
    kind: kinds.find((known) => known === kind) ?? null,
    status: status !== null && Object.hasOwn(statusGroups, status) ? status : null,
    text: (query.get("q") ?? "").slice(0, MOST_CHARACTERS),
    model: idOf(query.get("model")),
    image: idOf(query.get("image")),
    starred: query.get("starred") === "1",
    oldestFirst: query.get("order") === "oldest",
  };
}

/** Whether some sessions are left out, other than live translations. */
export function isFiltered(filter: GalleryFilter): boolean {
  return queryOf({ ...filter, oldestFirst: false }) !== "";
}

/** The query string of a filter; empty for no filter. */
export function queryOf({ kind, status, text, model, image, starred, oldestFirst }: GalleryFilter): string {
  const flags = { starred: starred && "1", order: oldestFirst && "oldest" };
  const entries = { kind: kind?.toLowerCase().replace("_", "-"), status, q: text.trim(), model, image, ...flags };
  const set = Object.entries(entries).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}

/** The filter in the form of the API. */
export function toSessionFilter(filter: GalleryFilter): FilterInput {
  const status = filter.status ? { status: [...statusGroups[filter.status]] } : {};
  return { ...toEventFilter(filter), ...status, ...(filter.starred ? { starred: true } : {}) };
}

/** The filter for events, without status and star: the page must hear of sessions that leave the filter by them. */
export function toEventFilter({ kind, text, model, image }: GalleryFilter): FilterInput {
  return {
    ...(kind ? { kind: kind === "LIVE" ? "TRANSLATION" : kind } : {}),
    live: kind === "LIVE",
    ...(text.trim() ? { titleContains: text.trim() } : {}),
    ...(model ? { model } : {}),
    ...(image ? { imageId: image } : {}),
  };
}

/** Whether a session of which an event told passes the filter. */
export function passes({ status, starred }: Pick<GalleryFilter, "status" | "starred">, session: Pick<Card, "status" | "starred">): boolean {
  if (starred && !session.starred) return false;
  return status === null || (statusGroups[status] as readonly SessionStatus[]).includes(session.status);
}

function idOf(text: string | null): string | null {
  return text !== null && /^[\w-]{1,64}$/.test(text) ? text : null;
}
