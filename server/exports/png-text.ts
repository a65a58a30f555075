/** First bytes of every PNG (PNG specification, third edition, 5.2). */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bytes of a chunk besides its data: length, type and checksum. */
const CHUNK_FRAME = 12;

/** Where the first chunk ends: IHDR, which has 13 bytes of data. */
const HEADER_END = SIGNATURE.length + CHUNK_FRAME + 13;

/** Keyword of the text chunk that holds the trace of an exported picture. */
export const TRACE_KEYWORD = "atelier-trace";

/**
 * The PNG with a text behind its header: an iTXt chunk (UTF-8, not compressed; PNG specification 11.3.3.4).
 * @throws RangeError for bytes that are not a PNG.
 */
export function withText(png: Uint8Array, keyword: string, text: string): Buffer {
  if (!SIGNATURE.every((byte, index) => png[index] === byte) || png.length < HEADER_END) throw new RangeError("These bytes are not a PNG.");
  // The keyword and its terminator, flag 0 (not compressed), method 0, empty language, empty translated keyword, the
  // text.
  const data = Buffer.concat([Buffer.from(keyword, "latin1"), Buffer.from([0, 0, 0, 0, 0]), Buffer.from(text, "utf8")]);
  return Buffer.concat([png.subarray(0, HEADER_END), chunk("iTXt", data), png.subarray(HEADER_END)]);
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(CHUNK_FRAME + data.length);
  framed.writeUInt32BE(data.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), 8 + data.length);
  return framed;
}

/** CRC-32 as in annex D of the PNG specification; Node 21 to 22.1 have no `zlib.crc32`. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
