import { eq, type SQL } from "drizzle-orm";
import { ClaimLost } from "../../errors.js";
import type { Claim } from "../../records/claim.js";
import type { Database } from "./database.js";
import type { RowsDeleted } from "./digests.js";
import { sessions } from "./schema.js";

/** How the rows of a store are written. */
export interface RowOptions {
  /** A session whose rows are written only while the claim holds. */
  claim?: Claim;
  rowsDeleted?: RowsDeleted;
}

/** True for the row of a session while a claim of it holds; no condition for other sessions, and without a claim. */
export function isHeld(claim: Claim | undefined, sessionId: string): SQL | undefined {
  return claim?.sessionId === sessionId ? eq(sessions.fence, claim.fence) : undefined;
}

/**
 * Call this when something of a session could not be written under a claim.
 * @throws ClaimLost when another host has claimed the session since; a session that is gone is no such case.
 */
export async function requireHeld(database: Database, claim: Claim | undefined, sessionId: string): Promise<void> {
  if (claim?.sessionId !== sessionId) return;
  const [found] = await database.select({ fence: sessions.fence }).from(sessions).where(eq(sessions.id, sessionId));
  if (found && found.fence !== claim.fence) throw new ClaimLost();
}
