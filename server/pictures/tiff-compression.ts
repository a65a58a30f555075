import { undecodable } from "./undecodable.js";

const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

/**
 * Decodes LZW as in TIFF 6.0 (codes of 9 to 12 bits, most significant bit first) up to `byteLength`. Each code stands
 * for bytes that have been written before, so the table holds only where they begin and how many they are.
 */
export function decodeLzw(packed: Buffer, byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  const starts = new Uint32Array(MAX_CODES);
  const lengths = new Uint32Array(MAX_CODES);
  let [next, width, at, last] = [END + 1, 9, 0, -1];
  let [buffer, buffered] = [0, 0];
  for (const byte of packed) {
    buffer = ((buffer << 8) | byte) & 0xff_ffff;
    buffered += 8;
    if (buffered < width) continue;
    buffered -= width;
    const code = (buffer >> buffered) & (2 ** width - 1);
    if (code === END || at >= byteLength) break;
    if (code === CLEAR) {
      [next, width, last] = [END + 1, 9, -1];
      continue;
    }
    // The new code stands for the last bytes and the first of these.
    if (last >= 0 && next < MAX_CODES) {
      starts[next] = last;
      lengths[next++] = at - last + 1;
      if (next >= 2 ** width - 1 && width < 12) width++;
    }
    last = at;
    if (code < CLEAR) bytes[at++] = code;
    else if (code >= next) throw undecodable("The picture is damaged.");
    else for (let i = 0; i < lengths[code]! && at < byteLength; i++) bytes[at++] = bytes[starts[code]! + i]!;
  }
  return bytes.subarray(0, at);
}

/** Decodes PackBits up to `byteLength`: each run begins with its length, negative where one byte is repeated. */
export function decodePackBits(packed: Buffer, byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  let at = 0;
  for (let from = 0; from < packed.byteLength && at < byteLength; ) {
    const run = packed.readInt8(from++);
    if (run >= 0) {
      at += packed.copy(bytes, at, from, from + run + 1);
      from += run + 1;
    } else if (run > -128) {
      const end = Math.min(byteLength, at + 1 - run);
      bytes.fill(packed[from++] ?? 0, at, end);
      at = end;
    }
  }
  return bytes.subarray(0, at);
}
