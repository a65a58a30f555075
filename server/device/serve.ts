import type { Painters } from "../art/painter.js";
import type { Engine } from "../engine/engine.js";
import { startHeartbeat } from "../processes/heartbeat.js";
import { attachToHost, sendToHost } from "./host-channel.js";
import { type LoopOptions, PaintingLoop } from "./loop.js";
import { type DeviceChoice, failureOf, type HostMessage } from "./messages.js";

/** An opened device: the engine as reported to the host, and the painters that run on it. */
export interface OpenedDevice {
  engine: Pick<Engine, "name" | "device" | "description">;
  painters: Painters;
}

/**
 * Runs this process as a device: waits for `open`, opens the device, then paints what the host asks for until the
 * channel closes. A device that cannot be opened ends the process with exit code 1.
 * @throws Error when the process was not forked with a channel.
 */
export function serveDevice(open: (choice: DeviceChoice) => Promise<OpenedDevice>, options: LoopOptions = {}): void {
  attachToHost();
  const beating = startHeartbeat();
  let loop: PaintingLoop | null = null;
  process.on("message", (message: HostMessage) => {
    if (message.type !== "open") loop?.receive(message);
    else void openLoop(message.device);
  });

  async function openLoop(choice: DeviceChoice): Promise<void> {
    try {
      const { engine, painters } = await open(choice);
      loop = new PaintingLoop(painters, sendToHost, options);
      await beating;
      await sendToHost({ type: "ready", engine: engine.name, device: engine.device, description: engine.description });
    } catch (cause) {
      console.error("The device could not be opened:", cause);
      await sendToHost({ type: "failed", sessionId: null, ...failureOf(cause) });
      process.exit(1);
    }
    await loop.run();
  }
}
