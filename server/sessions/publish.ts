import type { Bus } from "../bus/bus.js";
import type { SessionRecord } from "../records/session.js";

/** Tells the session's viewers and the galleries that it changed; to be called after the change was stored. */
export async function publishChange(bus: Bus, session: SessionRecord): Promise<void> {
  const changed = { type: "changed", session } as const;
  await bus.publish(`session:${session.id}`, changed);
  await bus.publish("sessions", changed);
}
