import type { Painters } from "../art/painter.js";
import type { Engine } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import { startHeartbeat } from "../processes/heartbeat.js";
import { DeviceWatch } from "./device-watch.js";
import { attachToHost, sendToHost } from "./host-channel.js";
import { type LoopOptions, PaintingLoop } from "./loop.js";
import { type DeviceName, failureOf, type HostMessage, type SpeedTimes } from "./messages.js";

/** An opened device: the engine as reported to the host, and the painters that run on it. */
export interface OpenedDevice {
  engine: Pick<Engine, "name" | "device" | "description">;
  painters: Painters;
  speed?: SpeedTimes | null;
  /** Memory of the device's own, bytes; null where it computes in the memory of the machine. */
  memoryBytes?: number | null;
  /** Compares the device with the processor again. @throws AtelierError when it computes wrong numbers. */
  test?: () => Promise<void>;
}

/**
 * Runs this process as a device: waits for `open`, opens the device, then paints what the host asks for until the
 * channel closes. A device that cannot be opened ends the process with exit code 1.
 * @throws Error when the process was not forked with a channel.
 */
export function serveDevice(
  open: (device: DeviceName, options: { isTested: boolean; isTimed: boolean }) => Promise<OpenedDevice>,
  options: LoopOptions = {},
): void {
  attachToHost();
  const beating = startHeartbeat();
  let loop: PaintingLoop | null = null;
  process.on("message", (message: HostMessage) => {
    if (message.type !== "open") loop?.receive(message);
    else void openLoop(message);
  });

  async function openLoop({ device, isLast, isTested }: Extract<HostMessage, { type: "open" }>): Promise<void> {
    try {
      const { engine, painters, speed = null, memoryBytes = null, test } = await open(device, { isTested, isTimed: !isLast });
      loop = new PaintingLoop(painters, sendToHost, { watch: test ? new DeviceWatch(test, { isLast }) : null, ...options });
      await beating;
      const { name, device: kind, description } = engine;
      await sendToHost({ type: "ready", engine: name, device: kind, description, speed, memoryBytes });
    } catch (cause) {
      // Where another device takes its place, a reason is enough.
      if (isLast || !(cause instanceof AtelierError)) console.error("The device could not be opened:", cause);
      await sendToHost({ type: "failed", sessionId: null, ...failureOf(cause) });
      process.exit(1);
    }
    await loop.run();
  }
}
