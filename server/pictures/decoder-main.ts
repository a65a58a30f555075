/**
 * A process that decodes untrusted pictures, one at a time. A harmful picture can affect only this process, whose memory
 * and time a guard limits.
 */
import sharp from "sharp";
import { AtelierError } from "../errors.js";
import { guardProcess, type ProcessLimits } from "../processes/guard.js";
import { startHeartbeat } from "../processes/heartbeat.js";
import { endWithParent } from "../processes/parent.js";
import { openPicture, type Size } from "./decode.js";
import type { DecoderReply, DecoderTask } from "./decoder.js";
import { inspectPicture } from "./inspect.js";
import { undecodable } from "./undecodable.js";
import { encodeUpright } from "./upright.js";

/** Quality of WebP copies, 0..100. */
const QUALITY = 80;

const limits = JSON.parse(process.argv[2] ?? "") as ProcessLimits;
const guard = guardProcess(limits);
const beating = startHeartbeat();
// Each picture takes one core, and none is decoded twice.
sharp.concurrency(1);
sharp.cache(false);
process.on("SIGINT", () => undefined);
endWithParent();
process.on("message", (task: DecoderTask) => void answer(task));

async function answer(task: DecoderTask): Promise<void> {
  await beating;
  guard.begin();
  const outcome = await run(task).then(
    (result) => ({ type: "done" as const, result }),
    (error: unknown) => {
      const { code, message, detail } = error instanceof AtelierError ? error : undecodable();
      return { type: "refused" as const, code, message, detail };
    },
  );
  guard.end();
  process.send?.({ ...outcome, memoryBytes: process.memoryUsage.rss() } satisfies DecoderReply);
}

function run(task: DecoderTask): Promise<Size | Uint8Array> {
  switch (task.type) {
    case "inspect":
      return inspectPicture(task.bytes, task.limits);
    case "shrink":
      return shrink(task.bytes, task.size);
    case "encodeUpright":
      return encodeUpright(task.bytes);
  }
}

/** Encodes a picture, shrunk to `size`, as WebP without metadata. */
async function shrink(bytes: Uint8Array, to: Size): Promise<Uint8Array> {
  const { data, ...size } = await (await openPicture(bytes)).decode(to, "fill");
  return sharp(data, { raw: { ...size, channels: 3 } })
    .webp({ quality: QUALITY })
    .toBuffer();
}
