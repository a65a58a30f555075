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
  orientation: 274,
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
const byteLengths: Record<number, 1 | 2 | 4 | 8> = { 1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8 };

/** How a file is laid out: TIFF 6.0, or BigTIFF, whose offsets and counts have 64 bits. */
const forms = {
  42: { first: 4, countBytes: 2, fieldBytes: 12, offsetBytes: 4 },
  43: { first: 8, countBytes: 8, fieldBytes: 20, offsetBytes: 8 },
} as const;

/** The pages of a TIFF or BigTIFF; null for a file that cannot be followed. */
export function readTiff(bytes: Buffer): Tiff | null {
  const littleEndian = bytes[0] === 0x49;
  const uint16 = (at: number) => (littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const uint32 = (at: number) => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const uint64 = (at: number) => Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const readers = { 1: (at: number) => bytes.readUInt8(at), 2: uint16, 4: uint32, 8: uint64 } as const;
  const version = bytes.byteLength < 16 ? 0 : uint16(2);
  if (version !== 42 && version !== 43) return null;
  const { first, countBytes, fieldBytes, offsetBytes } = forms[version];
  const offset = readers[offsetBytes];
  const pages: TiffPage[] = [];
  let valuesLeft = MAX_VALUES;
  const seen = new Set<number>();
  try {
    for (let at = offset(first); at !== 0 && !seen.has(at) && pages.length < MAX_PAGES; ) {
      seen.add(at);
      const count = readers[countBytes](at);
      if (count > MAX_FIELDS) break;
      const fields = at + countBytes;
      pages.push(new Map(Array.from({ length: count }, (_, i) => field(fields + fieldBytes * i))));
      at = offset(fields + fieldBytes * count);
    }
  } catch (error) {
    // An offset beyond the end of the file; the decoder says what it makes of it.
    if (!(error instanceof RangeError)) throw error;
    if (pages.length === 0) return null;
  }
  return { pages, littleEndian };

  function field(at: number): [number, number[]] {
    const [tag, type, count] = [uint16(at), uint16(at + 2), offset(at + 4)];
    const size = byteLengths[type];
    if (size === undefined || !knownTags.has(tag) || count > valuesLeft) return [tag, []];
    valuesLeft -= count;
    const inPlace = at + 4 + offsetBytes;
    const start = size * count <= offsetBytes ? inPlace : offset(inPlace);
    const read = readers[size];
    return [tag, Array.from({ length: count }, (_, i) => read(start + size * i))];
  }
}

/** Index of the page with most pixels, the first of equals. */
export function largestPage({ pages }: Tiff): number {
  const areas = pages.map((page) => (page.get(tiffTags.width)?.[0] ?? 0) * (page.get(tiffTags.height)?.[0] ?? 0));
  return areas.indexOf(Math.max(...areas));
}
