/**
 * What checkpoints cost a painting at 512 px: the time that the device spends on taking and sending them, as a share of the
 * whole run, with the interval that it has in a server; the receiver is another process. `npx tsx bench/checkpoints.ts`
 */
import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Painters } from "../server/art/painter.js";
import { createPainters } from "../server/art/painters.js";
import type { StyleTransferWork } from "../server/art/work.js";
import { PaintingLoop } from "../server/device/loop.js";
import type { DeviceMessage } from "../server/device/messages.js";
import { OnnxEngine } from "../server/engine/onnx.js";
import { parseCard } from "../server/models/card.js";
import { rootFolder } from "../server/paths.js";
import { defaultSettings } from "../server/records/settings.js";
import { recordResults } from "./results.js";

const SIZE = 512;
const STEPS = 200;
const LIMIT = 3;

// Started once more as the receiver, it only takes what comes.
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
  loop.receive({ type: "start", sessionId: "s", work: await workOf(), checkpoint: null, storedThrough: -1 });
  await loop.run();
  const wholeMs = performance.now() - began;
  receiver.kill();
  console.info(`${count} checkpoints in ${(wholeMs / 1000).toFixed(1)} s took ${spentMs.toFixed(0)} ms`);
  const share = Number(((100 * spentMs) / wholeMs).toPrecision(3));
  const ratio = Number((LIMIT / share).toPrecision(3));
  await recordResults(
    [{ bench: "checkpoints of a painting at 512 px, share of its time", peer: `at most ${LIMIT} %`, ratio, value: share, unit: "%" }],
    "npx tsx bench/checkpoints.ts",
  );
}

/** Painters whose checkpoints are timed. */
function timed(painters: Painters, spent: (ms: number) => void): Painters {
  return {
    ...painters,
    async open(work, checkpoint) {
      const painter = await painters.open(work, checkpoint);
      const take = painter.checkpoint.bind(painter);
      painter.checkpoint = () => {
        const began = performance.now();
        const bytes = take();
        spent(performance.now() - began);
        return bytes;
      };
      return painter;
    },
  };
}

async function workOf(): Promise<StyleTransferWork> {
  const bundled = join(rootFolder, "models", "bundled", "vgg19-lite");
  const card = parseCard(await readFile(join(bundled, "card.json"), "utf8"));
  const sample = async (name: string) => ({ digest: name, bytes: await readFile(join(rootFolder, "web/public/samples", name)) });
  return {
    kind: "STYLE_TRANSFER",
    settings: { ...defaultSettings({ size: SIZE }), steps: STEPS, scales: 1, model: "vgg19-lite" },
    content: await sample("alps.jpg"),
    styles: [{ ...(await sample("night-wind.jpg")), weight: 1 }],
    changes: [],
    network: { id: "vgg19-lite", path: join(bundled, card!.file), sha256: card!.sha256, architecture: card!.architecture! },
  };
}
