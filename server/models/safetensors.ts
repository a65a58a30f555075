/**
 * Networks' weights in safetensors files: an 8-byte length, a JSON header, then the values of all tensors.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { AtelierError, unavailable } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { elementCount } from "../graph/tensor.js";

/** A network's weights by tensor name. */
export type NetworkWeights = Readonly<Record<string, Tensor>>;

/** Name and shape of a float32 tensor that is to be written. */
export interface TensorPlan {
  name: string;
  shape: readonly number[];
}

/** Size and checksum of a file that was written. */
export interface WrittenFile {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

type ElementType = "F16" | "F32";
const bytesPerElement: Readonly<Record<ElementType, number>> = { F16: 2, F32: 4 };

/** Longest header that is read, bytes; the format's own limit is 100 MB. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const LENGTH_BYTES = 8;

interface HeaderEntry {
  type: ElementType;
  shape: number[];
  /** Bytes from the end of the header. */
  begin: number;
  end: number;
}

/** The tensor of that name. @throws AtelierError UNAVAILABLE when it is missing or has another shape. */
export function weightOf(weights: NetworkWeights, name: string, shape: readonly number[]): Tensor {
  const weight = Object.hasOwn(weights, name) ? weights[name] : undefined;
  if (weight === undefined) throw unusable(`it has no tensor "${name}"`);
  if (weight.shape.join() !== shape.join()) {
    throw unusable(`tensor "${name}" has shape [${weight.shape.join(", ")}], not [${shape.join(", ")}]`);
  }
  return weight;
}

/**
 * Reads tensors by name and widens float16 to float32; other tensors are not read from disk. Without `names`, reads all
 * that are F16 or F32.
 * @throws AtelierError UNAVAILABLE when the file cannot be read, is damaged, or lacks one of `names`.
 */
export async function readSafetensors(path: string, names?: readonly string[]): Promise<NetworkWeights> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw unusable("it cannot be opened", error);
  }
  try {
    const { size } = await file.stat();
    const headerLength = Number((await readBytes(file, 0, LENGTH_BYTES, size)).readBigUInt64LE());
    if (headerLength > MAX_HEADER_BYTES) throw unusable(`its header claims ${headerLength} bytes`);
    const dataStart = LENGTH_BYTES + headerLength;
    const header = parseHeader(await readBytes(file, LENGTH_BYTES, headerLength, size));
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

/** Writes float32 tensors one by one, so that only one is in memory; `values` returns the values of each. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorPlan[],
  values: (tensor: TensorPlan) => Promise<Float32Array>,
): Promise<WrittenFile> {
  const file = await open(path, "w");
  const hash = createHash("sha256");
  let bytes = 0;
  async function write(chunk: Uint8Array): Promise<void> {
    hash.update(chunk);
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, bytes);
      done += bytesWritten;
      bytes += bytesWritten;
    }
  }
  try {
    await write(headerBytes(tensors));
    for (const tensor of tensors) {
      const { buffer, byteOffset, byteLength } = await values(tensor);
      if (byteLength !== elementCount(tensor.shape) * bytesPerElement.F32) throw new RangeError(`${tensor.name} does not fit its shape`);
      await write(new Uint8Array(buffer, byteOffset, byteLength));
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

function unusable(reason: string, cause?: unknown): AtelierError {
  return unavailable(`The model's file cannot be used: ${reason}.`, { cause });
}

/** Reads into a buffer of its own, so that the bytes are aligned. */
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
    throw unusable("its header is not JSON", error);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw unusable("its header is not a JSON object");
  return { ...header };
}

function floatNames(header: Record<string, unknown>): string[] {
  return Object.entries(header).flatMap(([name, entry]) =>
    typeof entry === "object" && entry !== null && "dtype" in entry && isFloat(entry.dtype) ? [name] : [],
  );
}

function entryOf(header: Record<string, unknown>, name: string): HeaderEntry {
  const entry = Object.hasOwn(header, name) ? header[name] : undefined;
  if (typeof entry !== "object" || entry === null) throw unusable(`it has no tensor "${name}"`);
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (!isFloat(dtype)) throw unusable(`tensor "${name}" is ${String(dtype)}, not F16 or F32`);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) throw unusable(`the entry of tensor "${name}" is damaged`);
  const [begin = 0, end = 0] = offsets;
  const needed = elementCount(shape) * bytesPerElement[dtype];
  if (end - begin !== needed) throw unusable(`tensor "${name}" takes ${end - begin} bytes, its shape needs ${needed}`);
  return { type: dtype, shape, begin, end };
}

function isFloat(dtype: unknown): dtype is ElementType {
  return dtype === "F16" || dtype === "F32";
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function float32(bytes: Buffer): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / bytesPerElement.F32);
}

let halfValues: Float32Array | null = null;

/** Widens IEEE 754 half precision with a table of all 65,536 values. */
function widened(bytes: Buffer): Float32Array {
  halfValues ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));
  const table = halfValues;
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / bytesPerElement.F16);
  const data = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) data[i] = table[halves[i]!]!;
  return data;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The header's length as a 64-bit number, then JSON, padded with spaces so that the values are aligned. */
function headerBytes(tensors: readonly TensorPlan[]): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = offset;
    offset += elementCount(shape) * bytesPerElement.F32;
    return [name, { dtype: "F32", shape, data_offsets: [begin, offset] }];
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}
