import type { VariablesOf } from "gql.tada";
import type { GalleryQuery, SessionStatus } from "../../graphql/operations";

export type FilterInput = NonNullable<VariablesOf<typeof GalleryQuery>["filter"]>;

/** Groups of statuses to filter by. */
export const statusGroups = {
  working: ["QUEUED", "RUNNING", "PAUSED"],
  finished: ["COMPLETED"],
  cancelled: ["CANCELLED"],
  failed: ["FAILED"],
} as const satisfies Record<string, readonly SessionStatus[]>;

export type StatusGroup = keyof typeof statusGroups;

export const kinds = ["STYLE_TRANSFER", "TRANSLATION"] as const;

/** The gallery's filter; null and empty values set no limit. */
export interface GalleryFilter {
  kind: (typeof kinds)[number] | null;
  status: StatusGroup | null;
  text: string;
  /** Id of a network. */
  model: string | null;
  /** Id of a source picture. */
  image: string | null;
}

export const noFilter: GalleryFilter = { kind: null, status: null, text: "", model: null, image: null };

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
  };
}

/** The query string of a filter; empty for no filter. */
export function queryOf({ kind, status, text, model, image }: GalleryFilter): string {
  const entries = { kind: kind?.toLowerCase().replace("_", "-"), status, q: text.trim(), model, image };
  const set = Object.entries(entries).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}

/** The filter in the form of the API. */
export function toSessionFilter(filter: GalleryFilter): FilterInput {
  return { ...toEventFilter(filter), ...(filter.status ? { status: [...statusGroups[filter.status]] } : {}) };
}

/** The filter for events, without the status: the page must hear of sessions whose new status leaves the filter. */
export function toEventFilter({ kind, text, model, image }: GalleryFilter): FilterInput {
  return {
    ...(kind ? { kind } : {}),
    ...(text.trim() ? { titleContains: text.trim() } : {}),
    ...(model ? { model } : {}),
    ...(image ? { imageId: image } : {}),
  };
}

/** Whether a session with this status passes the filter. */
export function passes({ status }: Pick<GalleryFilter, "status">, sessionStatus: SessionStatus): boolean {
  return status === null || (statusGroups[status] as readonly SessionStatus[]).includes(sessionStatus);
}

function idOf(text: string | null): string | null {
  return text !== null && /^[\w-]{1,64}$/.test(text) ? text : null;
}
