import type { VariablesOf } from "gql.tada";
import type { GalleryQuery, SessionStatus } from "../../graphql/operations";

export type SessionFilter = NonNullable<VariablesOf<typeof GalleryQuery>["filter"]>;

/** Groups of statuses that people look for. */
export const statusGroups = {
  working: ["QUEUED", "RUNNING", "PAUSED"],
  finished: ["COMPLETED"],
  cancelled: ["CANCELLED"],
  failed: ["FAILED"],
} as const satisfies Record<string, readonly SessionStatus[]>;

export type StatusGroup = keyof typeof statusGroups;

export const kinds = ["STYLE_TRANSFER", "TRANSLATION"] as const;

/** What the gallery is narrowed to; null and empty stand for no limit. */
export interface GalleryFilter {
  kind: (typeof kinds)[number] | null;
  status: StatusGroup | null;
  text: string;
  /** Id of a network. */
  model: string | null;
  /** Id of a picture that was used. */
  image: string | null;
}

export const noFilter: GalleryFilter = { kind: null, status: null, text: "", model: null, image: null };

const MOST_CHARACTERS = 200;

/** The filter that an address names; what it does not know is no limit. */
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

/** The address's query of a filter: empty for none. */
export function queryOf({ kind, status, text, model, image }: GalleryFilter): string {
  const entries = { kind: kind?.toLowerCase().replace("_", "-"), status, q: text.trim(), model, image };
  const set = Object.entries(entries).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}

/** The filter as the server takes it. */
export function toSessionFilter(filter: GalleryFilter): SessionFilter {
  return { ...toEventFilter(filter), ...(filter.status ? { status: [...statusGroups[filter.status]] } : {}) };
}

/** Without the status: sessions that leave the filter by their status have to be heard of. */
export function toEventFilter({ kind, text, model, image }: GalleryFilter): SessionFilter {
  return {
    ...(kind ? { kind } : {}),
    ...(text.trim() ? { titleContains: text.trim() } : {}),
    ...(model ? { model } : {}),
    ...(image ? { imageId: image } : {}),
  };
}

/** Whether a session of this status hangs in the filtered gallery. */
export function passes({ status }: Pick<GalleryFilter, "status">, sessionStatus: SessionStatus): boolean {
  return status === null || (statusGroups[status] as readonly SessionStatus[]).includes(sessionStatus);
}

function idOf(text: string | null): string | null {
  return text !== null && /^[A-Za-z0-9-]{1,64}$/.test(text) ? text : null;
}
