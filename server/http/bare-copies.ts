import type { Allowances } from "../limits/allowances.js";
import { pictureType } from "../pictures/format.js";
import { withoutMetadata } from "../pictures/metadata.js";
import type { ImageRecord } from "../records/pictures.js";
import { createConcurrencyLimiter, MAX_WAITING_PICTURES, type Sender, waitingPictureLimits } from "./concurrency-limiter.js";
import { JointWork } from "./joint-work.js";

/** Copies that are encoded at a time: each takes a core. */
const MAX_ENCODING = 1;
/** Memory for encoded copies, bytes: about twenty photos of a phone. */
const MAX_KEPT_BYTES = 64e6;

/** A picture without metadata. */
export interface BareCopy extends Pick<ImageRecord, "width" | "height" | "mimeType"> {
  /** Names the copy among all pictures; not the digest of its bytes. */
  digest: string;
  bytes: Uint8Array;
}

/** Copies of uploads without metadata, for people other than their owner. */
export interface BareCopies {
  /**
   * `load` returns the bytes of the picture.
   * @throws AtelierError LIMIT, UNAVAILABLE when too many wait; LIMIT for a picture that takes too much memory to encode;
   * what `load` throws.
   */
  get(sender: Sender, picture: ImageRecord, load: () => Promise<Uint8Array>): Promise<BareCopy>;
}

/** Most copies are the same bytes without some; `encode` makes those that must be encoded anew, which are remembered. */
export function createBareCopies(encode: (bytes: Uint8Array) => Promise<Uint8Array>, allowances: Allowances): BareCopies {
  const limiter = createConcurrencyLimiter({
    ...{ maxRunning: MAX_ENCODING, maxWaiting: MAX_WAITING_PICTURES, others: "pictures" },
    ...{ allowances, ownLimits: waitingPictureLimits },
  });
  /** Encoded copies by the digest of their picture, the most recently used last. */
  const kept = new Map<string, Uint8Array>();
  let keptBytes = 0;
  const underWay = new JointWork<Uint8Array>();

  function keep(digest: string, bytes: Uint8Array): void {
    kept.set(digest, bytes);
    keptBytes += bytes.byteLength;
    for (const [oldest, { byteLength }] of kept) {
      if (keptBytes <= MAX_KEPT_BYTES) return;
      kept.delete(oldest);
      keptBytes -= byteLength;
    }
  }

  function encoded(sender: Sender, digest: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    return underWay.get(digest, async () => {
      // Read again when it is its turn: those that wait would fill the memory.
      const copy = await limiter.run(sender, async () => encode(await load()));
      keep(digest, copy);
      return copy;
    });
  }

  function recalled(digest: string): Uint8Array | null {
    const known = kept.get(digest) ?? null;
    if (known && kept.delete(digest)) kept.set(digest, known);
    return known;
  }

  const made = async (sender: Sender, digest: string, load: () => Promise<Uint8Array>) =>
    withoutMetadata(await load()) ?? encoded(sender, digest, load);

  return {
    async get(sender, { digest, width, height, mimeType }, load) {
      const bytes = recalled(digest) ?? (await made(sender, digest, load));
      return { digest: `${digest}-bare`, width, height, mimeType: pictureType(bytes) ?? mimeType, bytes };
    },
  };
}
