import type { DeviceMessage } from "./messages.js";
import type { TrialMessage } from "./trial.js";

/**
 * Ties this process to the host that forked it: the process ends when its channel closes, and Ctrl-C, which reaches the
 * whole process group, is left to the host.
 * @throws Error when the process was not forked with a channel.
 */
export function attachToHost(): void {
  if (!process.send) throw new Error("This process has to be forked by a host; it does not run by itself.");
  process.on("SIGINT", () => undefined);
  process.once("disconnect", () => process.exit(0));
}

/** Resolves once the message has been written. A closed channel is no error here: its own event ends the process. */
export function sendToHost(message: DeviceMessage | TrialMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
