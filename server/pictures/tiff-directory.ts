/** One page of a TIFF: the values of its fields by tag. */
export type TiffPage = Map<number, number[]>;

/** Tags of TIFF 6.0 and of its supplements. */
export const tiffTags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  channels: 277,
  rowsPerStrip: 278,
  stripByteLengths: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteLengths: 325,
  extraSamples: 338,
  sampleFormat: 339,
  icc: 34675,
} as const;

export interface Tiff {
  pages: TiffPage[];
  littleEndian: boolean;
}

const MAX_PAGES = 1000;
/** Fields of a page; usual pages have about twenty. */
const MAX_FIELDS = 500;
/** Values of all fields together: a profile may have megabytes, and fields of a file made to harm may share their bytes. */
const MAX_VALUES = 4_000_000;
const knownTags: ReadonlySet<number> = new Set(Object.values(tiffTags));
/** Bytes of a value by the type of its field. */
const byteLengths: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4 };

/** The pages of a TIFF; null for a BigTIFF and for a file that cannot be followed. */
export function readTiff(bytes: Buffer): Tiff | null {
  const littleEndian = bytes[0] === 0x49;
  const uint16 = (at: number) => (littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const uint32 = (at: number) => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (bytes.byteLength < 8 || uint16(2) !== 42) return null;
  const pages: TiffPage[] = [];
  let valuesLeft = MAX_VALUES;
  const seen = new Set<number>();
  try {
    for (let at = uint32(4); at !== 0 && !seen.has(at) && pages.length < MAX_PAGES; ) {
      seen.add(at);
      const count = uint16(at);
      if (count > MAX_FIELDS) break;
      pages.push(new Map(Array.from({ length: count }, (_, i) => field(at + 2 + 12 * i))));
      at = uint32(at + 2 + 12 * count);
    }
  } catch (error) {
    // An offset beyond the end of the file; the decoder says what it makes of it.
    if (!(error instanceof RangeError)) throw error;
    if (pages.length === 0) return null;
  }
  return { pages, littleEndian };

  function field(at: number): [number, number[]] {
    const [tag, type, count] = [uint16(at), uint16(at + 2), uint32(at + 4)];
    const size = byteLengths[type];
    if (size === undefined || !knownTags.has(tag) || count > valuesLeft) return [tag, []];
    valuesLeft -= count;
    const start = size * count <= 4 ? at + 8 : uint32(at + 8);
    const read = size === 1 ? (place: number) => bytes.readUInt8(place) : size === 2 ? uint16 : uint32;
    return [tag, Array.from({ length: count }, (_, i) => read(start + size * i))];
  }
}

/** Index of the page with most pixels, the first of equals. */
export function largestPage({ pages }: Tiff): number {
  const areas = pages.map((page) => (page.get(tiffTags.width)?.[0] ?? 0) * (page.get(tiffTags.height)?.[0] ?? 0));
  return areas.indexOf(Math.max(...areas));
}
