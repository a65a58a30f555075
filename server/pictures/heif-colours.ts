import { sequenceCodes } from "./av1-sequence.js";
import { codedSpace, SRGB_CURVE, SRGB_PRIMARIES } from "./coded-space.js";
import type { ColourSpace } from "./colour-space.js";
import { undecodable } from "./undecodable.js";

/** Boxes read from one level of a container at most; usual files have about ten. */
const MAX_BOXES = 10_000;
/** Bytes in which the headers of an item are looked for where its length is that of the file. */
const HEADER_BYTES = 1000;

/** A box of ISO/IEC 14496-12: its type, and its content within the file. */
interface Box {
  type: string;
  content: Buffer;
}

/** Codes of curves (ITU-T H.273) that browsers show as sRGB's in these formats: video's, and none. */
const SHOWN_AS_SRGB = [1, 2, 6, 14, 15];
/** Codes of curves with a meaning that neither browsers nor we show. */
const UNKNOWN_CURVES = [9, 10, 11, 12];

/**
 * The space that an AVIF or HEIC without an ICC profile declares by codes of ITU-T H.273: in its container, else in the
 * header of its AV1 data. Null for sRGB and for codes without a meaning.
 * @throws AtelierError BAD_INPUT for curves that browsers refuse
 */
export function heifSpace(bytes: Buffer): ColourSpace | null {
  const declared = declaredCodes(bytes);
  if (!declared) return null;
  const { primaries, transfer, peak } = declared;
  if (UNKNOWN_CURVES.includes(transfer)) {
    throw undecodable(`The curve that this picture declares for its colours (code ${transfer}) is not known. Save it again as sRGB.`);
  }
  const curve = SHOWN_AS_SRGB.includes(transfer) ? SRGB_CURVE : transfer;
  if (primaries === SRGB_PRIMARIES && curve === SRGB_CURVE) return null;
  return codedSpace(primaries, curve, peak) ?? codedSpace(SRGB_PRIMARIES, curve, peak);
}

interface Codes {
  primaries: number;
  transfer: number;
  /** Light of the brightest pixel, cd/m2. */
  peak: number | undefined;
}

function declaredCodes(bytes: Buffer): Codes | null {
  try {
    const meta = find(boxes(bytes), "meta");
    const parts = meta ? boxes(meta.subarray(4)) : [];
    const pitm = find(parts, "pitm");
    if (!pitm) return null;
    const item = pitm[0] === 0 ? pitm.readUInt16BE(4) : pitm.readUInt32BE(4);
    const properties = propertiesOf(item, find(parts, "iprp"));
    const nclx = properties.find(({ type, content }) => type === "colr" && content.toString("latin1", 0, 4) === "nclx")?.content;
    const codes = nclx ? [nclx.readUInt16BE(4), nclx.readUInt16BE(6)] : sequenceCodes(dataOf(bytes, item, parts));
    return codes && { primaries: codes[0]!, transfer: codes[1]!, peak: peakOf(properties) };
  } catch (error) {
    // The container ends too early; the decoder says what it makes of it.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Light of the brightest pixel, else of the display on which the picture was made; cd/m2. */
function peakOf(properties: Box[]): number | undefined {
  const display = find(properties, "mdcv");
  return find(properties, "clli")?.readUInt16BE(0) || (display && display.readUInt32BE(16) / 10_000) || undefined;
}

function boxes(bytes: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= bytes.byteLength && found.length < MAX_BOXES; ) {
    const size = bytes.readUInt32BE(at);
    const head = size === 1 ? 16 : 8;
    const byteLength = size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size || bytes.byteLength - at;
    if (byteLength < head) break;
    found.push({ type: bytes.toString("latin1", at + 4, at + 8), content: bytes.subarray(at + head, at + byteLength) });
    at += byteLength;
  }
  return found;
}

function find(among: Box[], type: string): Buffer | undefined {
  return among.find((box) => box.type === type)?.content;
}

/** Properties of an item, which names them by their place in a common list. */
function propertiesOf(item: number, iprp: Buffer | undefined): Box[] {
  const parts = boxes(iprp ?? Buffer.alloc(0));
  const all = boxes(find(parts, "ipco") ?? Buffer.alloc(0));
  const ipma = find(parts, "ipma");
  if (!ipma) return [];
  const [idBytes, placeBytes] = [ipma[0]! < 1 ? 2 : 4, ipma[3]! & 1 ? 2 : 1];
  let at = 8;
  for (let left = ipma.readUInt32BE(4); left > 0; left--) {
    const id = ipma.readUIntBE(at, idBytes);
    const count = ipma.readUInt8(at + idBytes);
    at += idBytes + 1;
    if (id === item) {
      // The highest bit says that a property is essential.
      const places = Array.from(
        { length: count },
        (_, i) => ipma.readUIntBE(at + i * placeBytes, placeBytes) & (placeBytes === 1 ? 0x7f : 0x7fff),
      );
      return places.flatMap((place) => all[place - 1] ?? []);
    }
    at += count * placeBytes;
  }
  return [];
}

/** First bytes of an item; those of its first tile where it is a grid. */
function dataOf(bytes: Buffer, item: number, parts: Box[]): Buffer {
  const iref = find(parts, "iref") ?? Buffer.alloc(4);
  const refBytes = iref[0] === 0 ? 2 : 4;
  const grid = boxes(iref.subarray(4)).find(({ type, content }) => type === "dimg" && content.readUIntBE(0, refBytes) === item);
  const tile = grid?.content.readUIntBE(refBytes + 2, refBytes) ?? item;
  const iloc = find(parts, "iloc");
  if (!iloc) return Buffer.alloc(0);
  const version = iloc[0]!;
  const [offsetBytes, lengthBytes, baseBytes, indexBytes] = [iloc[4]! >> 4, iloc[4]! & 15, iloc[5]! >> 4, version > 0 ? iloc[5]! & 15 : 0];
  const idBytes = version < 2 ? 2 : 4;
  let at = 6;
  const read = (byteLength: number) => {
    const value = byteLength === 0 ? 0 : byteLength === 8 ? Number(iloc.readBigUInt64BE(at)) : iloc.readUIntBE(at, byteLength);
    at += byteLength;
    return value;
  };
  for (let left = read(idBytes); left > 0; left--) {
    const id = read(idBytes);
    const method = version > 0 ? read(2) & 15 : 0;
    read(2);
    const base = read(baseBytes);
    const [count, extents] = [read(2), at];
    at += count * (indexBytes + offsetBytes + lengthBytes);
    if (id !== tile || count === 0) continue;
    at = extents + indexBytes;
    const start = base + read(offsetBytes);
    const byteLength = read(lengthBytes) || HEADER_BYTES;
    const whole = method === 1 ? (find(parts, "idat") ?? Buffer.alloc(0)) : bytes;
    return whole.subarray(start, start + byteLength);
  }
  return Buffer.alloc(0);
}
