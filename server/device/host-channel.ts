import { endWithParent } from "../processes/parent.js";
import type { DeviceMessage } from "./messages.js";
import type { TrialMessage } from "./trial.js";

/**
 * Ties this process to the host that forked it: the process ends when its channel closes. Signals that reach the whole process
 * group, as Ctrl-C and a stop by systemd do, are left to the host, which has the sessions handed over before it ends.
 * @throws Error when the process was not forked with a channel.
 */
export function attachToHost(): void {
  if (!process.send) throw new Error("This process has to be forked by a host; it does not run by itself.");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  endWithParent();
}

/** Resolves once the message has been written. A closed channel is no error here: its own event ends the process. */
export function sendToHost(message: DeviceMessage | TrialMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
