import { crc32, deflateSync } from "node:zlib";

/** Pictures of one colour, written byte by byte. */

export type SampleDepth = 8 | 10 | 12 | 16 | "float";

export interface FlatPicture {
  /** The value of each channel, 0..1. */
  colour: number[];
  depth: SampleDepth;
  /** Embedded profile. */
  icc?: Buffer | undefined;
  width?: number;
  height?: number;
  /** Whether the samples of a TIFF lie in one tile, which Deflate compresses. */
  isTile?: boolean;
}

const SIDE = 64;

/** A single field of a TIFF directory: tag, type (3 for 16 bits, 4 for 32 bits, 7 for bytes) and values. */
type Field = [tag: number, type: 3 | 4 | 7, values: number[] | Buffer];

interface Page {
  /** All samples; those of a tile where the fields have its width. */
  strip: Buffer;
  fields: Field[];
}

/** A little-endian TIFF, or BigTIFF, with pages of any fields; all `strips` of a page are the same bytes. */
export function tiffOf(pages: Page[], { isBig = false, strips = 1 } = {}): Buffer {
  const [countBytes, fieldBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const parts: Buffer[] = [isBig ? Buffer.from("II+\0\x08\0\0\0\0\0\0\0\0\0\0\0") : Buffer.from("II*\0\0\0\0\0")];
  let at = parts[0]!.byteLength;
  const put = (bytes: Buffer) => {
    const start = at;
    parts.push(bytes, Buffer.alloc(bytes.byteLength % 2));
    at += bytes.byteLength + (bytes.byteLength % 2);
    return start;
  };
  let link: [Buffer, number] = [parts[0]!, parts[0]!.byteLength - offsetBytes];
  for (const { strip, fields } of pages) {
    const [offsets, lengths] = fields.some(([tag]) => tag === 322) ? [324, 325] : [273, 279];
    const all: Field[] = [...fields, [offsets, 4, Array(strips).fill(put(strip))], [lengths, 4, Array(strips).fill(strip.byteLength)]];
    all.sort(([a], [b]) => a - b);
    const directory = Buffer.alloc(countBytes + fieldBytes * all.length + offsetBytes);
    directory.writeUInt16LE(all.length);
    for (const [i, [tag, type, values]] of all.entries()) {
      const entry = directory.subarray(countBytes + fieldBytes * i);
      entry.writeUInt16LE(tag);
      entry.writeUInt16LE(type, 2);
      entry.writeUInt32LE(values.length, 4);
      const bytes = Buffer.isBuffer(values) ? values : Buffer.concat(values.map((value) => (type === 3 ? uint16(value) : uint32(value))));
      if (bytes.byteLength <= offsetBytes) bytes.copy(entry, 4 + offsetBytes);
      else entry.writeUInt32LE(put(bytes), 4 + offsetBytes);
    }
    link[0].writeUInt32LE(put(directory), link[1]);
    link = [directory, directory.byteLength - offsetBytes];
  }
  return Buffer.concat(parts);
}

/** Values of TIFF's field PhotometricInterpretation. */
export const photometric = { grey: 1, rgb: 2, palette: 3, cmyk: 5, lab: 8 } as const;

/** A TIFF of one colour. L*a*b* is given as it is: L in 0..100, a and b in -128..127. */
export function flatTiff(model: keyof typeof photometric, picture: FlatPicture, alpha = false): Buffer {
  return tiffOf([flatPage(model, picture, alpha)]);
}

export function flatPage(
  model: keyof typeof photometric,
  { colour, depth, icc, width = SIDE, height = SIDE, isTile = false }: FlatPicture,
  alpha = false,
): Page {
  const values = alpha ? [...colour, 1] : colour;
  const bits = depth === "float" ? 32 : depth;
  const channels = model === "palette" ? 1 : values.length;
  const row = packedRow(values, model, depth, width);
  const fields: Field[] = [
    [256, 3, [width]],
    [257, 3, [height]],
    [258, 3, Array(channels).fill(bits)],
    [259, 3, [isTile ? 8 : 1]],
    [262, 3, [photometric[model]]],
    [277, 3, [channels]],
    ...(isTile
      ? ([
          [322, 3, [width]],
          [323, 3, [height]],
        ] as Field[])
      : [[278, 3, [height]] as Field]),
    [284, 3, [1]],
  ];
  if (alpha) fields.push([338, 3, [2]]);
  if (depth === "float") fields.push([339, 3, Array(channels).fill(3)]);
  if (icc) fields.push([34675, 7, icc]);
  // Every entry of the palette but the one in use is black.
  if (model === "palette") fields.push([320, 3, values.flatMap((value) => [...Array(255).fill(0), Math.round(value * 65535)])]);
  const samples = Buffer.concat(Array(height).fill(row));
  return { strip: isTile ? deflateSync(samples) : samples, fields };
}

function packedRow(values: number[], model: keyof typeof photometric, depth: SampleDepth, width: number): Buffer {
  if (model === "palette") return Buffer.alloc(width, 255);
  if (depth === "float") return Buffer.concat(Array(width).fill(Buffer.from(Float32Array.from(values).buffer)));
  const samples = model === "lab" ? labSamples(values, depth) : values.map((value) => Math.round(value * (2 ** depth - 1)));
  if (depth === 16) return Buffer.concat(Array(width).fill(Buffer.concat(samples.map(uint16))));
  // Most significant bit first, rows end at a whole byte.
  const bits = Array(width)
    .fill(samples.map((sample) => sample.toString(2).padStart(depth, "0")).join(""))
    .join("");
  return Buffer.from(bits.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2)));
}

/** CIE L*a*b* of TIFF 6.0: a and b are signed, and bits beyond 8 come after the point. */
function labSamples([l, a, b]: number[], depth: number): number[] {
  const scale = 2 ** (depth - 8);
  const signed = (value: number) => Math.round(value * scale) & (2 ** depth - 1);
  return [Math.round((l! / 100) * (2 ** depth - 1)), signed(a!), signed(b!)];
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Values of the colour type of PNG. */
const pngTypes = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgbAlpha: 6 } as const;

/** A PNG of one colour, with more chunks before its pixels. */
export function flatPng(
  model: keyof typeof pngTypes,
  { colour, depth, icc, width = SIDE, height = SIDE }: FlatPicture,
  chunks: Buffer[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([Number(depth), pngTypes[model], 0, 0, 0], 8);
  const values = model.endsWith("Alpha") ? [...colour, 1] : colour;
  const pixel = model === "palette" ? [0] : values.flatMap((value) => (depth === 16 ? word(value) : [Math.round(value * 255)]));
  const row = Buffer.from([0, ...Array(width).fill(pixel).flat()]);
  const more = [...chunks];
  if (icc) more.unshift(pngChunk("iCCP", Buffer.concat([Buffer.from("icc\0\0"), deflateSync(icc)])));
  if (model === "palette") more.push(pngChunk("PLTE", Buffer.from(colour.map((value) => Math.round(value * 255)))));
  const pixels = deflateSync(Buffer.concat(Array(height).fill(row)));
  const all = [pngChunk("IHDR", header), ...more, pngChunk("IDAT", pixels), pngChunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...all]);
}

function word(value: number): number[] {
  const rounded = Math.round(value * 65535);
  return [rounded >> 8, rounded & 255];
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.byteLength);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}
