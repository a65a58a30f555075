import type { Painters } from "../art/painter.js";
import type { Engine } from "../engine/engine.js";
import type { ErrorCode } from "../errors.js";
import { startHeartbeat } from "../processes/heartbeat.js";
import { attachToHost, sendToHost } from "./host-channel.js";
import { type LoopOptions, PaintingLoop } from "./loop.js";
import { type DeviceName, failureOf, type HostMessage, kindOf, type SelfTestTimes, testedDevices } from "./messages.js";

/** An opened device: the engine as reported to the host, and the painters that run on it. */
export interface OpenedDevice {
  engine: Pick<Engine, "name" | "device" | "description">;
  painters: Painters;
  selfTest?: SelfTestTimes | null;
}

/**
 * Runs this process as a device: waits for `open`, opens the device, then paints what the host asks for until the
 * channel closes. A device that cannot be opened ends the process with exit code 1.
 * @throws Error when the process was not forked with a channel.
 */
export function serveDevice(open: (device: DeviceName) => Promise<OpenedDevice>, options: LoopOptions = {}): void {
  attachToHost();
  const beating = startHeartbeat();
  let loop: PaintingLoop | null = null;
  process.on("message", (message: HostMessage) => {
    if (message.type !== "open") loop?.receive(message);
    else void openLoop(message);
  });

  async function openLoop({ device, isLast }: Extract<HostMessage, { type: "open" }>): Promise<void> {
    try {
      const { engine, painters, selfTest = null } = await open(device);
      loop = new PaintingLoop(painters, sendToHost, { fatal: testedDevices.has(kindOf(device)) ? fatalFor(isLast) : [], ...options });
      await beating;
      await sendToHost({ type: "ready", engine: engine.name, device: engine.device, description: engine.description, selfTest });
    } catch (cause) {
      // Where another device takes its place, the reason is enough.
      if (isLast) console.error("The device could not be opened:", cause);
      await sendToHost({ type: "failed", sessionId: null, ...failureOf(cause) });
      process.exit(1);
    }
    await loop.run();
  }
}

/** A device that is lost may work again in another process; with too little memory, only another device can help. */
function fatalFor(isLast: boolean): readonly ErrorCode[] {
  return isLast ? ["DEVICE_LOST"] : ["DEVICE_LOST", "OUT_OF_MEMORY"];
}
