import { inflateSync } from "node:zlib";
import { type Tiff, type TiffPage, tiffTags } from "./tiff-directory.js";
import { undecodable } from "./undecodable.js";

/** Colour models of the pictures that are read here, by PhotometricInterpretation. */
const models = { 0: "grey", 1: "grey", 2: "rgb", 8: "lab", 9: "lab" } as const;
export type SampleModel = (typeof models)[keyof typeof models];

/** A picture as its file holds it: samples of 16 bits, interleaved, with alpha as the last of each pixel where there is one. */
export interface Samples {
  width: number;
  height: number;
  model: SampleModel;
  channels: number;
  data: Uint16Array;
  icc: Buffer | null;
  /** Whether the values are light itself and not encoded for eyes. */
  linear: boolean;
}

/** Samples that are read here at most: reading them blocks the process, for less than a second. */
const MAX_SAMPLES = 12_000_000;

/** Colour channels of each model. */
export const colourChannels: Record<SampleModel, number> = { grey: 1, rgb: 3, lab: 3 };

const first = (page: TiffPage, tag: number, otherwise: number) => page.get(tag)?.[0] ?? otherwise;

/** Whether a page has samples that libvips does not read, or reads as something else: L*a*b*, floats, 10 or 12 bits. */
export function needsOwnReader(page: TiffPage): boolean {
  const bits = first(page, tiffTags.bits, 1);
  const isFloat = first(page, tiffTags.sampleFormat, 1) === 3;
  const photometric = first(page, tiffTags.photometric, 1);
  return photometric in models && (isFloat || photometric === 8 || photometric === 9 || (bits > 8 && bits < 16));
}

/**
 * Reads a page of uncompressed or deflated strips.
 * @throws AtelierError BAD_INPUT for a page that is damaged or laid out in another way
 */
export function readSamples(bytes: Buffer, { pages, littleEndian }: Tiff, index: number): Samples {
  const page = pages[index]!;
  const [width, height] = [first(page, tiffTags.width, 0), first(page, tiffTags.height, 0)];
  const [bits, format] = [first(page, tiffTags.bits, 1), first(page, tiffTags.sampleFormat, 1)];
  const photometric = first(page, tiffTags.photometric, 1) as keyof typeof models;
  const model = models[photometric];
  const stored = first(page, tiffTags.channels, 1);
  const isPlanar = first(page, tiffTags.planar, 1) === 2;
  const predictor = first(page, tiffTags.predictor, 1);
  const hasAlpha = stored > colourChannels[model] && [1, 2].includes(first(page, tiffTags.extraSamples, 0));
  const channels = colourChannels[model] + (hasAlpha ? 1 : 0);
  const isFloat = format === 3;
  if (stored < channels || page.has(tiffTags.tileWidth) || !(isFloat ? [16, 32] : [8, 10, 12, 14, 16]).includes(bits)) throw layout(bits);
  if (predictor !== 1 && !(predictor === 2 && !isFloat && (bits === 8 || bits === 16))) throw layout(bits);

  if (width * height * stored > MAX_SAMPLES) {
    const most = Math.floor(MAX_SAMPLES / stored / 1e6);
    throw undecodable(
      `A TIFF of this kind (${bits} bits a channel) may have at most ${most} million pixels. Save it with 8 or 16 bits a channel.`,
    );
  }

  const samplesInRow = width * (isPlanar ? 1 : stored);
  const rowBytes = Math.ceil((samplesInRow * bits) / 8);
  const rowsPerStrip = Math.min(height, first(page, tiffTags.rowsPerStrip, height));
  const offsets = page.get(tiffTags.stripOffsets) ?? [];
  const lengths = page.get(tiffTags.stripByteLengths) ?? [];
  const stripsInPlane = Math.ceil(height / rowsPerStrip);
  const data = new Uint16Array(width * height * channels);
  const sampleAt = sampleReader(bits, isFloat, littleEndian);
  for (let plane = 0; plane < (isPlanar ? channels : 1); plane++) {
    for (let strip = 0; strip < stripsInPlane; strip++) {
      const rows = Math.min(rowsPerStrip, height - strip * rowsPerStrip);
      const place = plane * stripsInPlane + strip;
      const packed = bytes.subarray(offsets[place] ?? 0, (offsets[place] ?? 0) + (lengths[place] ?? 0));
      const raw = unpacked(packed, first(page, tiffTags.compression, 1), rows * rowBytes);
      for (let row = 0; row < rows; row++) {
        const line = raw.subarray(row * rowBytes, (row + 1) * rowBytes);
        const samples = Uint16Array.from({ length: samplesInRow }, (_, i) => sampleAt(line, i));
        if (predictor === 2) accumulate(samples, isPlanar ? 1 : stored, bits);
        const at = (strip * rowsPerStrip + row) * width;
        if (isPlanar) for (let x = 0; x < width; x++) data[(at + x) * channels + plane] = samples[x]!;
        else for (let x = 0; x < width; x++) data.set(samples.subarray(x * stored, x * stored + channels), (at + x) * channels);
      }
    }
  }
  if (!isFloat && bits < 16 && model !== "lab") widen(data, bits);
  if (photometric === 0) for (let i = 0; i < data.length; i += channels) data[i] = 65_535 - data[i]!;
  if (model === "lab") centreLab(data, channels, bits, isFloat, photometric === 8);
  const icc = page.get(tiffTags.icc);
  return { width, height, model, channels, data, icc: icc ? Buffer.from(icc) : null, linear: isFloat && !icc };
}

function layout(bits: number): Error {
  return undecodable(`This kind of TIFF (${bits} bits a channel) cannot be read. Save it with 8 or 16 bits a channel.`);
}

function unpacked(packed: Buffer, compression: number, byteLength: number): Buffer {
  const raw = compression === 1 ? packed : [8, 32_946].includes(compression) ? inflateSync(packed, { maxOutputLength: byteLength }) : null;
  if (!raw) throw undecodable("This kind of TIFF cannot be read. Save it without compression, or with 8 or 16 bits a channel.");
  if (raw.byteLength < byteLength) throw undecodable("The picture is damaged or cut off.");
  return raw;
}

/** Reads the sample `i` of a row. Floats are clipped to 0..1. */
function sampleReader(bits: number, isFloat: boolean, littleEndian: boolean): (row: Buffer, i: number) => number {
  if (isFloat) {
    const value = (row: Buffer, i: number) =>
      bits === 16 ? halfFloat(uint16(row, 2 * i)) : littleEndian ? row.readFloatLE(4 * i) : row.readFloatBE(4 * i);
    return (row, i) => Math.round(65_535 * Math.min(1, Math.max(0, value(row, i) || 0)));
  }
  if (bits === 8) return (row, i) => row[i]!;
  if (bits === 16) return (row, i) => uint16(row, 2 * i);
  // Most significant bit first: a sample lies in at most three bytes.
  return (row, i) => {
    const at = i * bits;
    const word = (row[at >> 3]! << 16) | ((row[(at >> 3) + 1] ?? 0) << 8) | (row[(at >> 3) + 2] ?? 0);
    return (word >> (24 - (at & 7) - bits)) & (2 ** bits - 1);
  };

  function uint16(row: Buffer, at: number): number {
    return littleEndian ? row.readUInt16LE(at) : row.readUInt16BE(at);
  }
}

function halfFloat(word: number): number {
  const [exponent, fraction] = [(word >> 10) & 31, word & 1023];
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return word & 0x8000 ? -size : size;
}

/** Horizontal differencing: each sample is stored as its difference from the one before. */
function accumulate(row: Uint16Array, channels: number, bits: number): void {
  const mask = 2 ** bits - 1;
  for (let i = channels; i < row.length; i++) row[i] = (row[i]! + row[i - channels]!) & mask;
}

/** Spreads samples of fewer bits over 16. */
function widen(data: Uint16Array, bits: number): void {
  const factor = 65_535 / (2 ** bits - 1);
  for (let i = 0; i < data.length; i++) data[i] = Math.round(data[i]! * factor);
}

/** Brings L*a*b* to 16 bits with a and b around 32768, 256 for each step of them. */
function centreLab(data: Uint16Array, channels: number, bits: number, isFloat: boolean, isSigned: boolean): void {
  if (isFloat) throw layout(32);
  const shift = 2 ** (16 - bits);
  for (let i = 0; i < data.length; i += channels) {
    data[i] = Math.round((data[i]! * 65_535) / (2 ** bits - 1));
    for (const j of [i + 1, i + 2]) data[j] = data[j]! * shift + (isSigned ? 32_768 : 0);
    if (channels === 4) data[i + 3] = Math.round((data[i + 3]! * 65_535) / (2 ** bits - 1));
  }
}
