import sharp from "sharp";
import { beyondLimit, notFound, PictureLost, PictureUnreadable } from "../errors.js";
import { type FilmSettings, sessionsOf } from "../records/film.js";
import type { FrameRecord } from "../records/pictures.js";
import type { Storage } from "../storage/storage.js";
import { exportLimits } from "./export.js";

/** Frames that are read from storage at a time. */
const PAGE_SIZE = 100;

/** Pictures of a film, all of the same size. */
export interface FilmPictures {
  width: number;
  height: number;
  count: number;
  /** Yields the pictures in order as raw RGB, 8 bits per channel. */
  read(signal: AbortSignal): AsyncIterableIterator<Buffer>;
  /** Number of pictures left out so far, because their files are missing, damaged or unreadable. */
  readonly skipped: number;
}

interface Size {
  width: number;
  height: number;
}

/** One session of a film: its frames and the size of its last picture at the film's scale, px. */
interface Side extends Size {
  frames: FrameRecord[];
}

/**
 * The pictures of a film: kept frames spread evenly over the steps, always with the first and the last, all enlarged to
 * the size of the last one. In a film of two sessions, each session shows its newest picture at each step.
 * @throws AtelierError NOT_FOUND when a session has no frames in the range; LIMIT when an animation cannot hold them
 * all.
 */
export async function filmPictures(storage: Pick<Storage, "frames" | "blobs" | "space">, settings: FilmSettings): Promise<FilmPictures> {
  const sides = await Promise.all(sessionsOf(settings).map((id) => readSide(storage, id, settings)));
  const height = Math.min(...sides.map((side) => side.height));
  // Both sides get the same height. Film codecs need even sides.
  const widths = sides.map((side) => even((side.width * height) / side.height));
  const size = { width: widths.reduce((sum, width) => sum + width, 0), height: even(height) };
  const allSteps = new Set(sides.flatMap(({ frames }) => frames.map(({ step }) => step)));
  const steps = spreadEvenly(
    [...allSteps].sort((a, b) => a - b),
    settings.maxFrames,
  );
  requireMemory(settings, size, steps.length);

  let skipped = 0;

  async function* read(signal: AbortSignal): AsyncIterableIterator<Buffer> {
    for (const step of steps) {
      signal.throwIfAborted();
      // A film is written while it is made: what is left must always be the reserve.
      await storage.space.storing(0, async () => undefined);
      try {
        const pictures = await Promise.all(
          sides.map(async ({ frames }, index) => {
            const bytes = await storage.blobs.get(frameAt(frames, step).digest);
            return resized(bytes, { width: widths[index]!, height: size.height });
          }),
        );
        yield await joined(pictures, widths, size);
      } catch (error) {
        if (!(error instanceof PictureUnreadable)) throw error;
        if (++skipped === steps.length) throw new PictureLost("None of the pictures of this film can be read.", error);
      }
    }
  }
  return {
    ...size,
    count: steps.length,
    read,
    get skipped() {
      return skipped;
    },
  };
}

/** One PNG with the pictures side by side, all of the same height. */
export async function sideBySide(pictures: readonly Uint8Array[]): Promise<Buffer> {
  const sizes = await Promise.all(pictures.map((bytes) => sharp(bytes).metadata()));
  const height = Math.min(...sizes.map((size) => size.height));
  const widths = sizes.map((size) => Math.round((size.width * height) / size.height));
  const raw = await Promise.all(pictures.map((bytes, index) => resized(bytes, { width: widths[index]!, height })));
  const size = { width: widths.reduce((sum, width) => sum + width, 0), height };
  return sharp(await joined(raw, widths, size), { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
}

async function readSide(storage: Pick<Storage, "frames">, sessionId: string, settings: FilmSettings): Promise<Side> {
  const { fromStep, toStep, size } = settings;
  const range = { fromStep, ...(toStep === null ? {} : { toStep }) };
  const frames: FrameRecord[] = [];
  for (let after: number | null = null; ; ) {
    const page = await storage.frames.list(sessionId, { first: PAGE_SIZE, after }, range);
    frames.push(...page.rows);
    if (!page.hasNextPage) break;
    after = page.rows.at(-1)!.step;
  }
  const last = frames.at(-1);
  if (!last) throw notFound("input.fromStep", "No pictures are kept in this range of steps.");
  const scale = size / Math.max(last.width, last.height);
  return { frames, width: last.width * scale, height: last.height * scale };
}

/** @throws AtelierError LIMIT when `count` pictures of an animation would take too much memory. */
function requireMemory({ format }: FilmSettings, { width, height }: Size, count: number): void {
  const limit = exportLimits.animatedPixels;
  if (format === "MP4" || format === "WEBM" || width * height * count <= limit) return;
  const frames = Math.floor(limit / (width * height));
  const message = `At this size an animated ${format} holds at most ${frames} pictures; an MP4 or WebM holds more.`;
  throw beyondLimit(message, frames, { field: "input.maxFrames", unit: "frames" });
}

/** The newest frame at `step` or before, else the first. */
function frameAt(frames: readonly FrameRecord[], step: number): FrameRecord {
  return frames.findLast((frame) => frame.step <= step) ?? frames[0]!;
}

/** At most `count` of the values, evenly spread, with the first and the last. */
function spreadEvenly(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, index) => values[Math.round((index * (values.length - 1)) / (count - 1))]!);
}

/** A picture as raw RGB of a size. */
function resized(bytes: Uint8Array, size: Size): Promise<Buffer> {
  return sharp(bytes)
    .resize({ ...size, fit: "fill" })
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer();
}

/** Raw RGB pictures of the same height, from left to right in one. */
async function joined(pictures: readonly Buffer[], widths: readonly number[], size: Size): Promise<Buffer> {
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

/** The nearest even number of pixels, at least 2. */
function even(side: number): number {
  return Math.max(2, 2 * Math.round(side / 2));
}
