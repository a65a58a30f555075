import { modelsOf } from "../host/work.js";
import type { SessionRecord } from "../records/session.js";
import type { WorkerAnnouncement } from "../records/worker.js";

/**
 * Why none of the workers could claim a session, even if it were free; null when one could. The rule is that of
 * `LeaseStore.claim`, which also gives any worker a session that a client is ending. A worker whose device does not
 * respond claims nothing.
 */
export function whyNoneFits(
  workers: readonly Pick<WorkerAnnouncement, "devices" | "models" | "maxSize">[],
  session: SessionRecord,
): string | null {
  const up = workers.filter(({ devices }) => devices.length > 0);
  if (up.length === 0) return "No worker is up whose device responds.";
  const wanted = modelsOf(session);
  const equipped = up.filter(({ models }) => wanted.every((id) => models.includes(id)));
  if (equipped.length === 0) {
    const missing = wanted.filter((id) => up.every(({ models }) => !models.includes(id)));
    const names = missing.length === 0 ? wanted : missing;
    return `No worker that is up has the model${names.length > 1 ? "s" : ""} ${names.join(" and ")}.`;
  }
  const largest = Math.max(...equipped.map(({ maxSize }) => maxSize));
  if (session.kind !== "STYLE_TRANSFER" || session.settings.size <= largest) return null;
  return `No worker that is up can paint ${session.settings.size} px; the largest size is ${largest} px.`;
}
