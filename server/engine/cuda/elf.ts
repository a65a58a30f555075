import { type FileHandle, open } from "node:fs/promises";

/** A file that is no whole library for Linux on x64. The message completes a sentence that begins with its name. */
export class DamagedLibraryError extends Error {
  override readonly name = "DamagedLibraryError";
}

/** Numbers of the ELF format that are read here (System V ABI, "Object Files" and "Dynamic Linking"). */
const MAGIC = 0x7f454c46;
const [CLASS_64, LITTLE_ENDIAN, X86_64] = [2, 1, 62];
const [LOAD, DYNAMIC] = [1, 2];
const [NEEDED, STRING_TABLE, STRING_SIZE] = [1, 5, 10];
const HEADER_BYTES = 64;

/** A part of the file, and the address at which it is loaded, bytes. */
interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

/**
 * Names of the libraries that a shared library is linked to.
 * @throws DamagedLibraryError when the file is cut off or something else.
 */
export async function neededLibraries(path: string): Promise<string[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = await read(file, 0, Math.min(HEADER_BYTES, size));
    if (header.length < HEADER_BYTES || header.readUInt32BE(0) !== MAGIC) throw new DamagedLibraryError("is no library of Linux");
    if (header[4] !== CLASS_64 || header[5] !== LITTLE_ENDIAN || header.readUInt16LE(18) !== X86_64) {
      throw new DamagedLibraryError("is a library for another processor");
    }
    const segments = await segmentsOf(file, header, size);
    const sectionsEnd = number(header, 40) + header.readUInt16LE(58) * header.readUInt16LE(60);
    const end = Math.max(sectionsEnd, ...segments.map((segment) => segment.offset + segment.size));
    if (end > size) throw new DamagedLibraryError(`is cut off: it has ${size} of at least ${end} bytes`);
    return await namesOf(file, segments);
  } catch (error) {
    // Its numbers point outside of the file.
    if (error instanceof RangeError) throw new DamagedLibraryError("is damaged", { cause: error });
    throw error;
  } finally {
    await file.close();
  }
}

async function segmentsOf(file: FileHandle, header: Buffer, size: number): Promise<Segment[]> {
  const [offset, entry, count] = [number(header, 32), header.readUInt16LE(54), header.readUInt16LE(56)];
  if (offset + entry * count > size) throw new DamagedLibraryError(`is cut off: it has ${size} bytes`);
  const table = await read(file, offset, entry * count);
  return Array.from({ length: count }, (_, i) => {
    const at = i * entry;
    return { type: table.readUInt32LE(at), offset: number(table, at + 8), address: number(table, at + 16), size: number(table, at + 32) };
  });
}

async function namesOf(file: FileHandle, segments: readonly Segment[]): Promise<string[]> {
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  if (!dynamic) throw new DamagedLibraryError("is linked to nothing");
  const table = await read(file, dynamic.offset, dynamic.size);
  const entries = Array.from({ length: Math.floor(table.length / 16) }, (_, i) => [number(table, i * 16), number(table, i * 16 + 8)]);
  const entryOf = (tag: number) => entries.find((entry) => entry[0] === tag)?.[1] ?? 0;
  const address = entryOf(STRING_TABLE);
  const home = segments.find(({ type, address: from, size }) => type === LOAD && address >= from && address < from + size);
  if (!home) throw new DamagedLibraryError("has no table of names");
  const names = await read(file, home.offset + address - home.address, entryOf(STRING_SIZE));
  return entries.flatMap(([tag, at]) => (tag === NEEDED ? [names.toString("latin1", at, names.indexOf(0, at))] : []));
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new DamagedLibraryError(`is cut off after ${position + bytesRead} bytes`);
  return buffer;
}

/** A 64-bit number; no library is so large that it would not fit. */
function number(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}
