/**
 * Cost of checkpoints for a painting at 512 px: the time that the device spends on taking and sending them to another
 * process, as a share of the whole run, at the interval that a server uses.
 *
 *   npx tsx bench/checkpoints.ts
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Painters } from "../server/art/painter.js";
import { createPainters } from "../server/art/painters.js";
import { PaintingLoop } from "../server/device/loop.js";
import type { DeviceMessage } from "../server/device/messages.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { defaultSettings } from "../server/records/settings.js";
import { atMost, recordResults } from "./results.js";
import { sampleWork } from "./sample-work.js";

const SIZE = 512;
const STEPS = 200;
const LIMIT_PERCENT = 3;

// The receiver is this same program, forked; it ignores what it receives.
if (process.send) process.on("message", () => undefined);
else await measure();

async function measure(): Promise<void> {
  const receiver = fork(fileURLToPath(import.meta.url), { serialization: "advanced", execArgv: process.execArgv });
  let spentMs = 0;
  let count = 0;
  const painters = timed(createPainters(new OnnxEngine()), (ms) => {
    spentMs += ms;
  });
  const loop: PaintingLoop = new PaintingLoop(painters, async (message: DeviceMessage) => {
    const began = performance.now();
    await new Promise<void>((resolve) => receiver.send(message, () => resolve()));
    if (message.type === "checkpoint") {
      spentMs += performance.now() - began;
      count++;
    }
    if (message.type === "frame") loop.receive({ type: "acknowledge", sessionId: message.sessionId, step: message.step });
    if (message.type === "finished" || message.type === "failed") loop.stop();
  });
  const began = performance.now();
  loop.receive({
    type: "start",
    sessionId: "s",
    work: await sampleWork("alps.jpg", { ...defaultSettings({ size: SIZE }), steps: STEPS, scales: 1 }),
    checkpoint: null,
    storedThrough: -1,
  });
  await loop.run();
  const wholeMs = performance.now() - began;
  receiver.kill();
  console.info(`${count} checkpoints in ${(wholeMs / 1000).toFixed(1)} s took ${spentMs.toFixed(0)} ms`);
  const percent = (100 * spentMs) / wholeMs;
  await recordResults(
    [atMost("checkpoints of a painting at 512 px, share of its time", percent, LIMIT_PERCENT, "%")],
    "npx tsx bench/checkpoints.ts",
  );
}

/** Wraps painters so that `onTaken` receives the time that each checkpoint took. */
function timed(painters: Painters, onTaken: (ms: number) => void): Painters {
  return {
    ...painters,
    async open(work, checkpoint) {
      const painter = await painters.open(work, checkpoint);
      const take = painter.checkpoint.bind(painter);
      painter.checkpoint = () => {
        const began = performance.now();
        const bytes = take();
        onTaken(performance.now() - began);
        return bytes;
      };
      return painter;
    },
  };
}
