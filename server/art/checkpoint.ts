import { deserialize, serialize } from "node:v8";
import { CheckpointError } from "./checkpoint-error.js";
import type { OptimizerState } from "./optimizer.js";
import type { Planes } from "./painter.js";

/** A style transfer between two steps: the picture of `step`, and the optimiser before it saw that picture; null when it begins anew. */
export interface StyleTransferCheckpoint {
  step: number;
  picture: Planes;
  optimizer: OptimizerState | null;
}

const FORMAT = "atelier-style-transfer";
const VERSION = 1;

/**
 * Most that a checkpoint's picture and optimiser may take together, bytes: it passes through the host's thread, which
 * serves viewers meanwhile. Adam keeps 3 pictures, 151 MB at 2048 x 2048 px, the largest; L-BFGS keeps 24, 159 MB at
 * 740 x 740 px.
 */
const MAX_EXACT_BYTES = 160e6;

/**
 * A checkpoint as bytes (structured clone format of V8, which newer versions of Node read too).
 * Departure: beyond `maxBytes` L-BFGS forgets its oldest pairs, and where that is not enough the optimiser is left out, so that a
 * painting which goes on from there repeats the picture of `step` to the byte and then differs a little from one that was
 * never interrupted (by how much: bench/resume.ts). At 2048 x 2048 px that picture is 50 MB.
 */
export function encodeCheckpoint({ step, picture, optimizer }: StyleTransferCheckpoint, maxBytes = MAX_EXACT_BYTES): Uint8Array {
  const room = maxBytes - picture.data.byteLength;
  return serialize({ format: FORMAT, version: VERSION, step, picture, optimizer: optimizer && fitted(optimizer, room) });
}

/** A state within `room` bytes, without the oldest entries of its lists; null where that cannot be. */
function fitted(state: OptimizerState, room: number): OptimizerState | null {
  let left = state;
  while (bytesOf(left) > room) {
    const lists = Object.entries(left).filter(([, value]) => Array.isArray(value) && value.length > 0);
    if (lists.length === 0) return null;
    left = { ...left, ...Object.fromEntries(lists.map(([name, value]) => [name, (value as Float32Array[]).slice(1)])) };
  }
  return left;
}

/** Of all arrays. */
function bytesOf(state: OptimizerState): number {
  const arrays = Object.values(state)
    .flat()
    .filter((value) => value instanceof Float32Array);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** @throws CheckpointError when the bytes are no checkpoint of a version known here. */
export function decodeCheckpoint(bytes: Uint8Array): StyleTransferCheckpoint {
  const value: unknown = parse(bytes);
  if (!isCheckpoint(value)) throw new CheckpointError("The checkpoint is of an unknown format.");
  return value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new CheckpointError("The checkpoint is damaged.", { cause: error });
  }
}

function isCheckpoint(value: unknown): value is StyleTransferCheckpoint {
  if (typeof value !== "object" || value === null) return false;
  const { format, version } = value as { format?: unknown; version?: unknown };
  return format === FORMAT && version === VERSION;
}
