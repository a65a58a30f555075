import { beyondLimit } from "../errors.js";
import { type Block, first, readBlocks, type SampleLayout } from "./tiff-blocks.js";
import { type Tiff, type TiffPage, tiffTags } from "./tiff-directory.js";
import { undecodable } from "./undecodable.js";

/** Colour models of the pictures that are read here, by PhotometricInterpretation. */
const models = { 0: "grey", 1: "grey", 2: "rgb", 5: "cmyk", 8: "lab", 9: "lab" } as const;
type SampleModel = (typeof models)[keyof typeof models];
/** CIE L*a*b*, whose a and b are signed. */
const SIGNED_LAB = 8;
/** Alpha that the colours are multiplied by already. */
const ASSOCIATED_ALPHA = 1;
/** Grey whose 0 is white. */
const INVERTED_GREY = 0;

/** A picture as its file holds it: samples of 16 bits, interleaved, with alpha as the last of each pixel where there is one. */
export interface Samples {
  width: number;
  height: number;
  model: SampleModel;
  channels: number;
  /** L*a*b* has its a and b around 32768, 256 for each step of them. */
  data: Uint16Array;
  icc: Buffer | null;
  /** Whether the values are light itself and not encoded for eyes. */
  linear: boolean;
}

/** Samples that are read here at most: reading them blocks the process, for less than a second. */
const MAX_SAMPLES = 12_000_000;

/** Colour channels of each model. */
const colourChannels: Record<SampleModel, number> = { grey: 1, rgb: 3, lab: 3, cmyk: 4 };

/** Whether a page has samples that libvips does not read, or reads as something else: L*a*b*, floats, 10 or 12 bits. */
export function needsOwnReader(page: TiffPage): boolean {
  const bits = first(page, tiffTags.bits, 1);
  const isFloat = first(page, tiffTags.sampleFormat, 1) === 3;
  const photometric = first(page, tiffTags.photometric, 1);
  return photometric in models && (isFloat || photometric === 8 || photometric === 9 || (bits > 8 && bits < 16));
}

/**
 * Reads a page of strips or tiles, uncompressed or with LZW, Deflate or PackBits, and turns it upright.
 * @throws AtelierError BAD_INPUT for a page that is damaged or laid out in another way, LIMIT for one that is too large.
 */
export function readSamples(bytes: Buffer, { pages, littleEndian }: Tiff, index: number): Samples {
  const page = pages[index]!;
  const layout = layoutOf(page);
  const { width, height, stored, bits, isFloat } = layout;
  const photometric = first(page, tiffTags.photometric, 1) as keyof typeof models;
  const model = models[photometric];
  const colours = colourChannels[model];
  const hasAlpha = stored > colours && [1, 2].includes(first(page, tiffTags.extraSamples, 0));
  const channels = colours + (hasAlpha ? 1 : 0);
  if (stored < channels) throw unreadable(bits);
  const upright = uprightLayout(page);

  const data = new Uint16Array(width * height * channels);
  const sampleAt = sampleReader(bits, isFloat, littleEndian);
  const toWords = Array.from({ length: channels }, (_, i) => wordScale(layout, i < colours ? photometric : null, i));
  for (const block of readBlocks(bytes, page, layout, littleEndian)) {
    if (block.channel < channels) place(block);
  }
  if (hasAlpha && model !== "lab" && first(page, tiffTags.extraSamples, 0) === ASSOCIATED_ALPHA) divideByAlpha(data, channels);
  const icc = page.get(tiffTags.icc);
  return { ...sizeOfPage(page), model, channels, data, icc: icc ? Buffer.from(icc) : null, linear: isFloat && !icc };

  function place({ x, y, width: columns, rows, channel }: Block): void {
    const together = first(page, tiffTags.planar, 1) === 2 ? 1 : stored;
    const wanted = Math.min(together, channels);
    for (const [i, row] of rows.entries()) {
      let to = (upright.origin + (y + i) * upright.down + x * upright.right) * channels + channel;
      for (let from = 0; from < columns * together; from += together, to += upright.right * channels) {
        for (let j = 0; j < wanted; j++) data[to + j] = toWords[channel + j]!(sampleAt(row, from + j));
      }
    }
  }
}

/** Size of a page when it is turned upright, px. */
export function sizeOfPage(page: TiffPage): { width: number; height: number } {
  const [width, height] = [first(page, tiffTags.width, 0), first(page, tiffTags.height, 0)];
  return first(page, tiffTags.orientation, 1) >= 5 ? { width: height, height: width } : { width, height };
}

/** Where the first pixel of a page is when it is turned upright, and how far to the pixel at its right and the one below. */
function uprightLayout(page: TiffPage): { origin: number; right: number; down: number } {
  const { width, height } = sizeOfPage(page);
  const [lastColumn, lastRow] = [width - 1, (height - 1) * width];
  const layouts = [
    { origin: 0, right: 1, down: width },
    { origin: lastColumn, right: -1, down: width },
    { origin: lastRow + lastColumn, right: -1, down: -width },
    { origin: lastRow, right: 1, down: -width },
    { origin: 0, right: width, down: 1 },
    { origin: lastColumn, right: width, down: -1 },
    { origin: lastRow + lastColumn, right: -width, down: -1 },
    { origin: lastRow, right: -width, down: 1 },
  ];
  return layouts[first(page, tiffTags.orientation, 1) - 1] ?? layouts[0]!;
}

function divideByAlpha(data: Uint16Array, channels: number): void {
  for (let at = 0; at < data.length; at += channels) {
    const alpha = data[at + channels - 1]! / 65_535;
    for (let i = 0; i < channels - 1; i++) data[at + i] = alpha === 0 ? 0 : Math.min(65_535, Math.round(data[at + i]! / alpha));
  }
}

function layoutOf(page: TiffPage): SampleLayout {
  const [width, height] = [first(page, tiffTags.width, 0), first(page, tiffTags.height, 0)];
  const [bits, stored] = [first(page, tiffTags.bits, 1), first(page, tiffTags.channels, 1)];
  const isFloat = first(page, tiffTags.sampleFormat, 1) === 3;
  const isUniform = (page.get(tiffTags.bits) ?? []).every((each) => each === bits);
  if (!isUniform || !(isFloat ? [16, 32] : [8, 10, 12, 14, 16]).includes(bits)) throw unreadable(bits);
  if (width * height * stored > MAX_SAMPLES) {
    const most = Math.floor(MAX_SAMPLES / stored / 1e6);
    const kind = `A TIFF of this kind (${bits} bits a channel)`;
    const message = `${kind} may have at most ${most} million pixels. Save it as RGB with 8 or 16 bits a channel.`;
    throw beyondLimit(message, most * 1e6, { field: "file", unit: "pixels" });
  }
  return { width, height, bits, stored, isFloat };
}

function unreadable(bits: number): Error {
  return undecodable(`This kind of TIFF (${bits} bits a channel) cannot be read. Save it as RGB with 8 or 16 bits a channel.`);
}

/** Reads the sample `i` of a row. */
function sampleReader(bits: number, isFloat: boolean, littleEndian: boolean): (row: Buffer, i: number) => number {
  if (isFloat && bits === 32) return (row, i) => (littleEndian ? row.readFloatLE(4 * i) : row.readFloatBE(4 * i)) || 0;
  if (isFloat) return (row, i) => halfFloat(uint16(row, 2 * i));
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
  if (exponent === 31 && fraction > 0) return 0;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return word & 0x8000 ? -size : size;
}

/**
 * Turns the samples of one channel into 16 bits. Floats are clipped: those of L*a*b* are its own numbers, others go
 * from 0 to 1. `photometric` is null for alpha.
 */
function wordScale({ bits, isFloat }: SampleLayout, photometric: keyof typeof models | null, channel: number): (sample: number) => number {
  const isLab = photometric !== null && models[photometric] === "lab";
  const clipped = (value: number) => Math.round(Math.min(65_535, Math.max(0, value)));
  if (isLab && channel > 0) {
    if (isFloat) return (sample) => clipped(32_768 + 256 * sample);
    const shift = 2 ** (16 - bits);
    // The array that takes the words drops what exceeds 16 bits, and so adds with a sign.
    return photometric === SIGNED_LAB ? (sample) => sample * shift + 32_768 : (sample) => sample * shift;
  }
  const white = isFloat ? (isLab ? 100 : 1) : 2 ** bits - 1;
  if (photometric === INVERTED_GREY) return (sample) => 65_535 - clipped((sample * 65_535) / white);
  return (sample) => clipped((sample * 65_535) / white);
}
