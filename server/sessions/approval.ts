import type { SessionRecord } from "../records/session.js";
import type { SessionPatch } from "../storage/storage.js";

/**
 * What becomes of an approval when its session shows something else, which nobody has approved: others see it again once
 * that is approved. A session that is PRIVATE waits for nothing until it is shared.
 */
export function reopenedApproval({ approval, visibility }: SessionRecord): Pick<SessionPatch, "approval"> {
  if (approval !== "APPROVED") return {};
  return { approval: visibility === "PRIVATE" ? null : "PENDING" };
}
