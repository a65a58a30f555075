import sharp from "sharp";

/** Markers of a JPEG file, ITU-T T.81 table B.1. */
const START_OF_SCAN = 0xda;
const PROGRESSIVE = 0xc2;
const QUANTISATION = 0xdb;
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Markers without a length, which stand within a scan or alone: TEM and the restart markers. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Whether enough of a JPEG that breaks off is there to be shown: half of its rows, or, of a progressive one, about half
 * of its bytes.
 */
export async function isHalfThere(bytes: Uint8Array): Promise<boolean> {
  return isProgressive(bytes) ? hasHalfOfBrightness(bytes) : hasHalfOfRows(bytes);
}

async function hasHalfOfRows(bytes: Uint8Array): Promise<boolean> {
  const picture = sharp(bytes, { failOn: "error", sequentialRead: true, limitInputPixels: false });
  try {
    const { width, height } = await picture.metadata();
    // Rows are decoded as they are asked for, so a fault below is not met.
    await picture
      .extract({ left: 0, top: 0, width, height: Math.max(1, Math.floor(height / 2)) })
      .resize(1, 1, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false })
      .raw()
      .toBuffer();
    return true;
  } catch {
    // Whatever the fault is, it lies in the upper half.
    return false;
  }
}

function isProgressive(bytes: Uint8Array): boolean {
  for (const { marker } of segments(bytes)) if (isFrame(marker)) return marker === PROGRESSIVE;
  return false;
}

/**
 * How many times the size of the averages half of a smooth picture has, by the bits that the average of a block takes;
 * photos take five to seven.
 */
const smoothness = [
  { below: 3, factor: 1 },
  { below: 4, factor: 1.3 },
];

/** Highest frequency of a block. */
const LAST_FREQUENCY = 63;

/**
 * How many times the size of the first frequencies half of a file with libjpeg's usual scans has, by its coarseness: the
 * mean of its first quantisation table. A fit to photos of qualities 60 to 95.
 */
const firstFrequenciesInHalf = (coarseness: number) => 2.6 + coarseness / 30;

/**
 * Whether a progressive file probably has half of its bytes: its length is unknown once it breaks off, but how far its
 * brightness is says something. With the scans of mozjpeg, half is where most frequencies of the first component have
 * begun. libjpeg first sends the high frequencies coarsely; within that scan, the size of the low ones before it says
 * where half is. Photos are accepted from 37 to 76 % of their bytes on, noise and fine patterns from 12 % on.
 */
function hasHalfOfBrightness(bytes: Uint8Array): boolean {
  let component: number | undefined;
  let blocks = 1;
  let begin: number | null = null;
  let precision = 0;
  let coarseness: number | undefined;
  /** The first scan of the component's frequencies, and its size once the next scan has begun. */
  let low: { at: number; end: number; byteLength: number | null } | null = null;
  for (const { at, marker, body } of segments(bytes)) {
    if (isFrame(marker)) {
      component = body[6];
      blocks = blocksOf(body);
    }
    if (marker === QUANTISATION) coarseness ??= mean(body.subarray(1, 65));
    if (marker !== START_OF_SCAN) continue;
    if (low) low.byteLength ??= at - low.at;
    const count = body[0] ?? 0;
    const [start = 0, end = 0, approximation = 0] = body.subarray(1 + 2 * count, 4 + 2 * count);
    // The low half of the approximation is the number of bits that are still missing.
    const missing = approximation & 15;
    if (begin === null) {
      begin = at;
      precision = missing;
    }
    if (start === 0 || body[1] !== component) continue;
    low ??= { at, end, byteLength: null };
    if (end < LAST_FREQUENCY) continue;
    const there = bytes.length - begin;
    if (low.at === at) {
      // All frequencies come in one scan, after the averages of the blocks. They take less space in smooth pictures,
      // whose averages are small too.
      const bits = (8 * (at - begin)) / blocks;
      const factor = smoothness.find(({ below }) => bits < below)?.factor ?? 2;
      if (missing <= precision && there >= factor * (at - begin)) return true;
    } else if (precision === 0) {
      const isRefinement = approximation >> 4 > 0;
      // The more frequencies came before this scan, the more of the file they were.
      const isSplitLate = low.end >= 5 && low.end < LAST_FREQUENCY;
      if (missing > (isSplitLate ? 1 : 0)) continue;
      if (there >= (isSplitLate || isRefinement ? 1 : 2) * (at - begin)) return true;
    } else if (low.byteLength !== null) {
      // High frequencies take more space in noise than in photos, so their coarse scan counts for less.
      const factor = firstFrequenciesInHalf(coarseness ?? 0) + (missing > precision ? 1.2 : 0);
      if (there >= factor * low.byteLength) return true;
    }
  }
  return false;
}

/** A JPEG that breaks off within a segment, without that segment, at which libjpeg would give up; other JPEGs unchanged. */
export function withoutBrokenSegment(bytes: Uint8Array): Uint8Array {
  const last = [...segments(bytes)].at(-1);
  if (!last) return bytes;
  const length = ((bytes[last.at + 2] ?? 0) << 8) | (bytes[last.at + 3] ?? 0);
  return last.at + 2 + Math.max(2, length) > bytes.length ? bytes.subarray(0, last.at) : bytes;
}

/** Number of blocks of 8 x 8 samples in all components, from the segment of a frame. */
function blocksOf(frame: Uint8Array): number {
  const [height, width] = [(frame[1]! << 8) | frame[2]!, (frame[3]! << 8) | frame[4]!];
  // A byte holds the horizontal and the vertical sampling of a component.
  const samplings = Array.from({ length: frame[5] ?? 0 }, (_, i) => ((frame[7 + 3 * i] ?? 0) >> 4) * ((frame[7 + 3 * i] ?? 0) & 15));
  const share = samplings.reduce((sum, area) => sum + area, 0) / Math.max(1, ...samplings);
  return Math.max(1, Math.ceil(width / 8) * Math.ceil(height / 8) * share);
}

function mean(values: Uint8Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** The segments of a JPEG with their offsets, without the data of scans. */
function* segments(bytes: Uint8Array): Generator<{ at: number; marker: number; body: Uint8Array }> {
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || isBare(marker)) {
      at++;
      continue;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    yield { at, marker, body: bytes.subarray(at + 4, at + 2 + length) };
    at += 2 + Math.max(2, length);
  }
}
