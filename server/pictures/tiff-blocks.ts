import { inflateSync } from "node:zlib";
import { decodeLzw, decodePackBits } from "./tiff-compression.js";
import { type Tiff, type TiffPage, tiffTags } from "./tiff-directory.js";
import { undecodable } from "./undecodable.js";

/** How the samples of a page lie in its strips or tiles. */
export interface SampleLayout {
  width: number;
  height: number;
  /** Samples of each pixel in the file. */
  stored: number;
  /** Bits of a sample. */
  bits: number;
  isFloat: boolean;
}

/** A strip or a tile without compression, cut to the picture. */
export interface Block {
  x: number;
  y: number;
  width: number;
  rows: Buffer[];
  /** The first sample of each pixel in this block; others follow where the file does not store them apart. */
  channel: number;
}

export const first = (page: TiffPage, tag: number, otherwise: number) => page.get(tag)?.[0] ?? otherwise;

/** Sides of tiles must be multiples of this, px. */
const TILE_STEP = 16;

/** By how much the tiles may exceed four times the picture, px. */
const SPARE_AREA = 4_000_000;

/** Codes of ways to compress. */
const NONE = 1;
const LZW = 5;
const DEFLATE = [8, 32_946];
const PACK_BITS = 32_773;
/** Codes of ways to store differences instead of samples. */
const HORIZONTAL = 2;
const FLOATING_POINT = 3;

/**
 * Reads the strips or tiles of a page one after another.
 * @throws AtelierError BAD_INPUT for a page that is damaged or compressed in another way
 */
export function* readBlocks(bytes: Buffer, page: TiffPage, layout: SampleLayout, littleEndian: Tiff["littleEndian"]): Generator<Block> {
  const { width, height, stored, bits } = layout;
  const isTiled = page.has(tiffTags.tileWidth);
  const blockWidth = isTiled ? first(page, tiffTags.tileWidth, 0) : width;
  const blockHeight = isTiled ? first(page, tiffTags.tileHeight, 0) : Math.min(height, first(page, tiffTags.rowsPerStrip, height));
  if (blockWidth < 1 || blockHeight < 1 || (isTiled && (blockWidth % TILE_STEP || blockHeight % TILE_STEP))) throw damaged();
  const area = Math.ceil(width / blockWidth) * blockWidth * Math.ceil(height / blockHeight) * blockHeight;
  if (area > 4 * width * height + SPARE_AREA) throw damaged();
  const offsets = page.get(isTiled ? tiffTags.tileOffsets : tiffTags.stripOffsets) ?? [];
  const lengths = page.get(isTiled ? tiffTags.tileByteLengths : tiffTags.stripByteLengths) ?? [];
  const isPlanar = first(page, tiffTags.planar, 1) === 2;
  const together = isPlanar ? 1 : stored;
  const rowBytes = Math.ceil((blockWidth * together * bits) / 8);
  const compression = first(page, tiffTags.compression, NONE);
  const restore = compression === NONE ? null : restorer(first(page, tiffTags.predictor, 1), layout, together, littleEndian);
  let place = 0;
  for (let channel = 0; channel < stored; channel += together) {
    for (let y = 0; y < height; y += blockHeight) {
      for (let x = 0; x < width; x += blockWidth, place++) {
        const start = offsets[place] ?? 0;
        const count = isTiled ? blockHeight : Math.min(blockHeight, height - y);
        const raw = unpacked(bytes.subarray(start, start + (lengths[place] ?? 0)), compression, {
          byteLength: count * rowBytes,
          most: blockHeight * rowBytes,
        });
        const rows = Array.from({ length: Math.min(count, height - y) }, (_, i) => raw.subarray(i * rowBytes, (i + 1) * rowBytes));
        if (restore) rows.forEach(restore);
        yield { x, y, width: Math.min(blockWidth, width - x), rows, channel };
      }
    }
  }
}

function damaged(): Error {
  return undecodable("The picture is damaged or cut off.");
}

/** The first `byteLength` bytes of a block, which may hold `most`: some programs fill the last strip up. */
function unpacked(packed: Buffer, compression: number, { byteLength, most }: { byteLength: number; most: number }): Buffer {
  let raw: Buffer;
  if (compression === NONE) raw = packed;
  else if (compression === LZW) raw = decodeLzw(packed, byteLength);
  else if (compression === PACK_BITS) raw = decodePackBits(packed, byteLength);
  else if (DEFLATE.includes(compression)) raw = inflateSync(packed, { maxOutputLength: most }).subarray(0, byteLength);
  else throw undecodable(`A TIFF of this kind cannot be read with compression ${compression}. Save it with LZW, Deflate or none.`);
  if (raw.byteLength < byteLength) throw damaged();
  return raw;
}

/** Turns the differences in a row back into samples, in place. */
function restorer(predictor: number, layout: SampleLayout, together: number, littleEndian: boolean): ((row: Buffer) => void) | null {
  const { bits, isFloat } = layout;
  if (predictor === 1) return null;
  const size = bits / 8;
  if (predictor === HORIZONTAL && [1, 2, 4].includes(size)) return (row) => accumulate(row, size, together, littleEndian);
  if (predictor === FLOATING_POINT && isFloat) return (row) => gatherFloats(row, size, together, littleEndian);
  throw undecodable(`A TIFF of ${bits} bits a channel cannot be read with predictor ${predictor}. Save it without a predictor.`);
}

/** Each sample is stored as its difference from that of the pixel before. */
function accumulate(row: Buffer, size: number, together: number, littleEndian: boolean): void {
  const step = size * together;
  const range = 2 ** (8 * size);
  for (let at = step; at + size <= row.byteLength; at += size) {
    if (littleEndian) row.writeUIntLE((row.readUIntLE(at, size) + row.readUIntLE(at - step, size)) % range, at, size);
    else row.writeUIntBE((row.readUIntBE(at, size) + row.readUIntBE(at - step, size)) % range, at, size);
  }
}

/** The first bytes of all samples come first, then the second ones and so on, each as its difference from the one before. */
function gatherFloats(row: Buffer, size: number, together: number, littleEndian: boolean): void {
  for (let at = together; at < row.byteLength; at++) row[at] = row[at]! + row[at - together]!;
  const apart = Buffer.from(row);
  const samples = row.byteLength / size;
  for (let i = 0; i < samples; i++) {
    for (let byte = 0; byte < size; byte++) row[i * size + (littleEndian ? size - 1 - byte : byte)] = apart[byte * samples + i]!;
  }
}
