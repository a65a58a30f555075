import sharp from "sharp";

/** Markers of a JPEG file, ITU-T T.81 table B.1. */
const START_OF_SCAN = 0xda;
const PROGRESSIVE = 0xc2;
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Markers without a length, which stand within a scan or alone: TEM and the restart markers. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/**
 * Whether enough of a JPEG that breaks off is there to be shown: half of its rows, or, of a progressive one, all
 * frequencies of brightness but for their last bit, which is about half of the bytes of a usual file.
 */
export async function isHalfThere(bytes: Uint8Array): Promise<boolean> {
  return isProgressive(bytes) ? hasAllBrightness(bytes) : hasHalfOfRows(bytes);
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

/** Whether the scan of the first component's highest frequencies, to the last bit but one or better, has ended. */
function hasAllBrightness(bytes: Uint8Array): boolean {
  let first: number | null = null;
  let covered = 0;
  let scan: number | null = null;
  for (const { marker, body } of segments(bytes)) {
    if (scan !== null) covered = Math.max(covered, scan);
    if (covered === 63) return true;
    if (isFrame(marker)) first = body[6] ?? null;
    const count = body[0] ?? 0;
    const [end, approximation] = [body[2 + 2 * count] ?? 0, body[3 + 2 * count] ?? 0];
    // The low half of the approximation is the number of bits that are still missing.
    scan = marker === START_OF_SCAN && body[1] === first && (approximation & 15) <= 1 ? end : null;
  }
  return false;
}

/** The segments of a JPEG, without the data of scans. */
function* segments(bytes: Uint8Array): Generator<{ marker: number; body: Uint8Array }> {
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || isBare(marker)) {
      at++;
      continue;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    yield { marker, body: bytes.subarray(at + 4, at + 2 + length) };
    at += 2 + Math.max(2, length);
  }
}
