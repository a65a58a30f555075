import { type FileHandle, open } from "node:fs/promises";
import { AtelierError } from "../errors.js";
import { elementCount, type Tensor } from "../graph/tensor.js";

/** Longest header that is read, in bytes; the format's own limit is 100 MB. */
const maxHeaderBytes = 16 * 1024 * 1024;

const bytesPerElement = { F16: 2, F32: 4 } as const;
type ElementType = keyof typeof bytesPerElement;

interface Entry {
  type: ElementType;
  shape: number[];
  /** Bytes from the end of the header. */
  begin: number;
  end: number;
}

/**
 * Reads tensors of a safetensors file by name, float16 widened to float32; the others are not read from disk. Without
 * `names`, all that are F16 or F32.
 * Format: https://github.com/huggingface/safetensors#format
 * @throws AtelierError UNAVAILABLE when the file cannot be read, is damaged, or lacks one of `names`.
 */
export async function readSafetensors(path: string, names?: readonly string[]): Promise<Record<string, Tensor>> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw unusable("it cannot be opened", error);
  }
  try {
    const { size } = await file.stat();
    const headerLength = Number((await readBytes(file, 0, 8, size)).readBigUInt64LE());
    if (headerLength > maxHeaderBytes) throw unusable(`its header claims ${headerLength} bytes`);
    const dataStart = 8 + headerLength;
    const header = parseHeader(await readBytes(file, 8, headerLength, size));
    const tensors: Record<string, Tensor> = {};
    for (const name of names ?? floatNames(header)) {
      const { type, shape, begin, end } = entryOf(header, name);
      const bytes = await readBytes(file, dataStart + begin, end - begin, size);
      tensors[name] = { shape, data: type === "F32" ? float32(bytes) : widened(bytes) };
    }
    return tensors;
  } catch (error) {
    throw error instanceof AtelierError ? error : unusable("it cannot be read", error);
  } finally {
    await file.close();
  }
}

function unusable(reason: string, cause?: unknown): AtelierError {
  return new AtelierError("UNAVAILABLE", `The network's file cannot be used: ${reason}.`, {}, cause === undefined ? {} : { cause });
}

/** A buffer of its own, so that its bytes are aligned. */
async function readBytes(file: FileHandle, position: number, length: number, fileSize: number): Promise<Buffer> {
  if (position + length > fileSize) throw unusable(`it ends after ${fileSize} bytes, ${position + length} are needed`);
  const buffer = Buffer.from(new ArrayBuffer(length));
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw unusable(`it ends after ${position + done} bytes`);
    done += bytesRead;
  }
  return buffer;
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw unusable("its header is no JSON", error);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw unusable("its header is no JSON object");
  return { ...header };
}

function floatNames(header: Record<string, unknown>): string[] {
  return Object.entries(header).flatMap(([name, entry]) =>
    typeof entry === "object" && entry !== null && "dtype" in entry && (entry.dtype === "F16" || entry.dtype === "F32") ? [name] : [],
  );
}

function entryOf(header: Record<string, unknown>, name: string): Entry {
  const entry = Object.hasOwn(header, name) ? header[name] : undefined;
  if (typeof entry !== "object" || entry === null) throw unusable(`it holds no tensor "${name}"`);
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (dtype !== "F16" && dtype !== "F32") throw unusable(`tensor "${name}" is ${String(dtype)}, not F16 or F32`);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) throw unusable(`the entry of tensor "${name}" is damaged`);
  const [begin = 0, end = 0] = offsets;
  const needed = elementCount(shape) * bytesPerElement[dtype];
  if (end - begin !== needed) throw unusable(`tensor "${name}" takes ${end - begin} bytes, its shape needs ${needed}`);
  return { type: dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function float32(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

let halfValues: Float32Array | null = null;

/** IEEE 754 half precision by table: 65,536 values. */
function widened(bytes: Buffer): Float32Array {
  halfValues ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));
  const table = halfValues;
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const data = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) data[i] = table[halves[i] as number] as number;
  return data;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
