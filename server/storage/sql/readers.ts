import { and, eq, inArray, or, type SQL } from "drizzle-orm";
import type { Reader } from "../../records/access.js";
import { sessions } from "./schema.js";

/** Holds for sessions that a reader may see, by the rule of `maySee`; null sees everything. */
export function visibleTo(reader: Reader | null | undefined): SQL | undefined {
  if (!reader) return undefined;
  const { ownerId, shared } = reader;
  return or(
    ownerId === null ? undefined : eq(sessions.ownerId, ownerId),
    eq(sessions.visibility, "PUBLIC"),
    shared.length === 0 ? undefined : and(eq(sessions.visibility, "LINK"), inArray(sessions.id, [...shared])),
  );
}
