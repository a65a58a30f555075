import sharp from "sharp";
import { AtelierError } from "../errors.js";
import type { FrameRecord } from "../records/pictures.js";
import type { Storage } from "../storage/storage.js";
import { exportLimits, type FilmOrder } from "./export.js";

const PAGE = 100;

/** Pictures of a film, all of one size. */
export interface FilmPictures {
  width: number;
  height: number;
  count: number;
  /** Raw RGB, 8 bits a channel, in order. */
  read(signal: AbortSignal): AsyncIterableIterator<Buffer>;
}

interface Side {
  frames: FrameRecord[];
  width: number;
  height: number;
}

/**
 * The pictures that an order asks for: kept frames spread evenly over the steps, the first and the last always, all enlarged to
 * the size of the last. Of two sessions each shows its newest picture of the step.
 * @throws AtelierError NOT_FOUND when a session has no frames in the range; LIMIT when they are too many for an animation.
 */
export async function filmPictures(storage: Pick<Storage, "frames" | "blobs">, order: FilmOrder): Promise<FilmPictures> {
  const ids = order.besideId === null ? [order.sessionId] : [order.sessionId, order.besideId];
  const sides = await Promise.all(ids.map((id) => readSide(storage, id, order)));
  const height = Math.min(...sides.map((side) => side.height));
  // Beside each other they stand equally high. Film codecs want even sides.
  const widths = sides.map((side) => even((side.width * height) / side.height));
  const size = { width: widths.reduce((sum, width) => sum + width, 0), height: even(height) };
  const steps = spread(
    [...new Set(sides.flatMap(({ frames }) => frames.map(({ step }) => step)))].sort((a, b) => a - b),
    order.maxFrames,
  );
  requireMemory(order, size, steps.length);

  async function* read(signal: AbortSignal): AsyncIterableIterator<Buffer> {
    for (const step of steps) {
      signal.throwIfAborted();
      const pictures = await Promise.all(
        sides.map((side, index) => fit(storage, frameAt(side.frames, step), { width: widths[index]!, height: size.height })),
      );
      yield await beside(pictures, widths, size);
    }
  }
  return { ...size, count: steps.length, read };
}

/** Two pictures, or more, beside each other in one PNG, equally high. */
export async function stillBeside(pictures: readonly Uint8Array[]): Promise<Buffer> {
  const sizes = await Promise.all(pictures.map((bytes) => sharp(bytes).metadata()));
  const height = Math.min(...sizes.map((size) => size.height));
  const widths = sizes.map((size) => Math.round((size.width * height) / size.height));
  const raw = await Promise.all(pictures.map((bytes, index) => fitBytes(bytes, { width: widths[index]!, height })));
  const size = { width: widths.reduce((sum, width) => sum + width, 0), height };
  return sharp(await beside(raw, widths, size), { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
}

async function readSide(storage: Pick<Storage, "frames">, sessionId: string, order: FilmOrder): Promise<Side> {
  const range = { fromStep: order.fromStep, ...(order.toStep === null ? {} : { toStep: order.toStep }) };
  const frames: FrameRecord[] = [];
  for (let after: number | null = null; ; ) {
    const page = await storage.frames.list(sessionId, { first: PAGE, after }, range);
    frames.push(...page.rows);
    if (!page.hasNextPage) break;
    after = page.rows.at(-1)!.step;
  }
  const last = frames.at(-1);
  if (!last) throw new AtelierError("NOT_FOUND", "There are no kept pictures in this range of steps.", { field: "input.fromStep" });
  const scale = order.size / Math.max(last.width, last.height);
  return { frames, width: last.width * scale, height: last.height * scale };
}

function requireMemory({ format }: FilmOrder, { width, height }: { width: number; height: number }, count: number): void {
  const limit = exportLimits.animatedPixels;
  if (format === "MP4" || format === "WEBM" || width * height * count <= limit) return;
  const frames = Math.floor(limit / (width * height));
  throw new AtelierError("LIMIT", `At this size an animated ${format} takes at most ${frames} pictures; a film takes more.`, {
    field: "input.maxFrames",
    limit: frames,
  });
}

/** The newest frame of at most `step`, or the first where it begins later. */
function frameAt(frames: readonly FrameRecord[], step: number): FrameRecord {
  return frames.findLast((frame) => frame.step <= step) ?? frames[0]!;
}

/** At most `count` of the values, evenly, the first and the last among them. */
function spread(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, index) => values[Math.round((index * (values.length - 1)) / (count - 1))]!);
}

async function fit({ blobs }: Pick<Storage, "blobs">, { digest }: FrameRecord, size: { width: number; height: number }): Promise<Buffer> {
  return fitBytes(await blobs.get(digest), size);
}

function fitBytes(bytes: Uint8Array, size: { width: number; height: number }): Promise<Buffer> {
  return sharp(bytes)
    .resize({ ...size, fit: "fill" })
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer();
}

async function beside(pictures: readonly Buffer[], widths: readonly number[], size: { width: number; height: number }): Promise<Buffer> {
  if (pictures.length === 1) return pictures[0]!;
  let left = 0;
  const placed = pictures.map((input, index) => {
    const width = widths[index]!;
    left += width;
    return { input, raw: { width, height: size.height, channels: 3 as const }, left: left - width, top: 0 };
  });
  return sharp({ create: { ...size, channels: 3, background: "black" } })
    .composite(placed)
    .removeAlpha()
    .raw()
    .toBuffer();
}

function even(side: number): number {
  return Math.max(2, 2 * Math.round(side / 2));
}
