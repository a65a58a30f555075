import { AtelierError, outOfRange } from "../errors.js";
import type { Allowances } from "../limits/allowances.js";
import { type ThumbnailWidth, thumbnailWidths } from "../records/pictures.js";
import type { ThumbnailStore } from "../storage/storage.js";
import { createConcurrencyLimiter, MAX_WAITING_PICTURES, type Sender, waitingPictureLimits } from "./concurrency-limiter.js";
import { JointWork } from "./joint-work.js";

/** Thumbnails that are made at a time: each takes a core. */
const MAX_MAKING = 2;
/** Longest side of a WebP file, px. */
const MAX_SIDE = 16_383;
interface Size {
  width: number;
  height: number;
}

/** Encodes a picture, shrunk to the given size, as WebP. */
export type ShrinkPicture = (bytes: Uint8Array, size: Size) => Promise<Uint8Array>;

interface Picture extends Size {
  digest: string;
}

/** Makes thumbnails when they are first asked for. */
export interface Thumbnails {
  /**
   * A WebP of the picture without metadata, `width` px wide, or as wide as the picture where that is less. `load`
   * returns the bytes of the picture.
   * @throws AtelierError LIMIT, UNAVAILABLE when too many wait; what `load` throws; BAD_INPUT for undecodable bytes.
   */
  get(sender: Sender, picture: Picture, width: ThumbnailWidth, load: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

export function createThumbnails(store: ThumbnailStore, shrink: ShrinkPicture, allowances: Allowances): Thumbnails {
  const limiter = createConcurrencyLimiter({
    ...{ maxRunning: MAX_MAKING, maxWaiting: MAX_WAITING_PICTURES, others: "thumbnails" },
    ...{ allowances, ownLimits: waitingPictureLimits },
  });
  /** Thumbnails under way, by digest and width: several viewers of one picture share the work. */
  const underWay = new JointWork<Uint8Array>();

  async function make(picture: Picture, width: ThumbnailWidth, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const bytes = await shrink(await load(), fitted(picture, width));
    try {
      await store.put(picture.digest, width, bytes);
    } catch (error) {
      // Without space on the disk, it is made again next time.
      if (!(error instanceof AtelierError && error.code === "UNAVAILABLE")) throw error;
    }
    return bytes;
  }

  return {
    async get(sender, picture, width, load) {
      const kept = await store.get(picture.digest, width);
      if (kept) return kept;
      return underWay.get(`${picture.digest}-${width}`, () => limiter.run(sender, () => make(picture, width, load)));
    },
  };
}

/**
 * The width of the thumbnail that a request asks for with `?w=`: the smallest one that is at least as wide. Null
 * without `w`.
 * @throws AtelierError BAD_INPUT.
 */
export function requestedWidth(w: unknown): ThumbnailWidth | null {
  if (w === undefined) return null;
  const asked = typeof w === "string" && /^\d{1,5}$/.test(w) ? Number(w) : 0;
  const width = thumbnailWidths.find((candidate) => candidate >= asked);
  if (asked >= 1 && width !== undefined) return width;
  const max = thumbnailWidths.at(-1)!;
  throw outOfRange("w", { min: 1, max, integer: true, unit: "px" });
}

/** The size of a thumbnail, px. It keeps the picture's shape and is never larger than the picture. */
function fitted({ width, height }: Size, most: number): Size {
  const scale = Math.min(1, most / width, MAX_SIDE / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
