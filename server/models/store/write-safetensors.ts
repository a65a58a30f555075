import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { elementCount } from "../../graph/tensor.js";

export interface TensorPlan {
  name: string;
  shape: readonly number[];
}

export interface WrittenFile {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

const FLOAT32_BYTES = 4;

/**
 * Writes float32 tensors into a safetensors file, one after the other; `values` gives those of each in turn.
 * Format: https://github.com/huggingface/safetensors#format
 */
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
    await write(header(tensors));
    for (const tensor of tensors) {
      const { buffer, byteOffset, byteLength } = await values(tensor);
      if (byteLength !== elementCount(tensor.shape) * FLOAT32_BYTES) throw new RangeError(`${tensor.name} is not of its shape`);
      await write(new Uint8Array(buffer, byteOffset, byteLength));
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** Its length as a 64-bit number, then JSON, filled up with spaces so that the values are aligned. */
function header(tensors: readonly TensorPlan[]): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = offset;
    offset += elementCount(shape) * FLOAT32_BYTES;
    return [name, { dtype: "F32", shape, data_offsets: [begin, offset] }];
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}
