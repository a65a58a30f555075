import type { Painters } from "../art/painter.js";
import type { Engine } from "../engine/engine.js";
import { failureOf } from "./failure.js";
import { type LoopOptions, PaintingLoop } from "./loop.js";
import type { DeviceChoice, DeviceMessage, HostMessage } from "./messages.js";

/** What a device process paints with. */
export interface OpenedDevice {
  engine: Pick<Engine, "name" | "device" | "description">;
  painters: Painters;
}

/**
 * Runs this process as a device: waits for `open`, opens the device and paints what the host asks for until the channel
 * closes. @throws Error when the process was not forked with a channel.
 */
export function serveDevice(open: (choice: DeviceChoice) => Promise<OpenedDevice>, options: LoopOptions = {}): void {
  if (!process.send) throw new Error("A device process is forked by a host; it does not run by itself.");
  // Ctrl-C reaches the whole process group; the host decides when its device ends.
  process.on("SIGINT", () => undefined);
  process.once("disconnect", () => process.exit(0));
  let loop: PaintingLoop | null = null;
  process.on("message", (message: HostMessage) => {
    if (message.type !== "open") loop?.receive(message);
    else void openLoop(message.device);
  });

  async function openLoop(choice: DeviceChoice): Promise<void> {
    try {
      const { engine, painters } = await open(choice);
      loop = new PaintingLoop(painters, sendToHost, options);
      await sendToHost({ type: "ready", engine: engine.name, device: engine.device, description: engine.description });
    } catch (cause) {
      console.error("The device could not be opened:", cause);
      await sendToHost({ type: "failed", sessionId: null, ...failureOf(cause) });
      process.exit(1);
    }
    await loop.run();
  }
}

/** Resolves once the message has been written; a closed channel has its own event and ends the process. */
function sendToHost(message: DeviceMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
