import { deserialize, serialize } from "node:v8";
import type { ConvolutionMethod } from "../records/convolutions.js";
import type { OptimizerState } from "./optimizer.js";
import { CheckpointError, type Planes } from "./painter.js";

/** A style transfer between two steps. */
export interface StyleTransferCheckpoint {
  /** The step that `picture` belongs to. */
  step: number;
  picture: Planes;
  /** The optimiser's state before its step from `picture`; null when the optimiser starts again there. */
  optimizer: OptimizerState | null;
  /** How its convolutions were computed. */
  convolutions: ConvolutionMethod;
}

const FORMAT = "atelier-style-transfer";
const VERSION = 2;

/**
 * Most bytes that a checkpoint's picture and optimiser may take together: they pass through the host's thread, which
 * serves viewers meanwhile. Adam needs 3 pictures, 151 MB at the largest size of 2048 x 2048 px; L-BFGS needs 24,
 * 159 MB at 740 x 740 px.
 */
const MAX_EXACT_BYTES = 160e6;

/**
 * Encodes a checkpoint in the structured clone format of V8, which newer versions of Node read too. Beyond `maxBytes`,
 * L-BFGS loses its oldest pairs; where that is not enough, the optimiser is left out. A painting that continues from
 * such a checkpoint repeats the picture of `step` to the byte and then differs slightly from one that was never
 * interrupted (bench/resume.ts measures by how much). At 2048 x 2048 px the picture alone is 50 MB.
 */
export function encodeCheckpoint(checkpoint: StyleTransferCheckpoint, maxBytes = MAX_EXACT_BYTES): Uint8Array {
  const { step, picture, optimizer, convolutions } = checkpoint;
  const space = maxBytes - picture.data.byteLength;
  const kept = optimizer && fitted(optimizer, space);
  return serialize({ format: FORMAT, version: VERSION, step, picture, optimizer: kept, convolutions });
}

/** Drops the oldest entries of the state's lists until it fits into `space` bytes; null where it never does. */
function fitted(state: OptimizerState, space: number): OptimizerState | null {
  let left = state;
  while (byteLengthOf(left) > space) {
    const lists = Object.entries(left).filter(([, value]) => Array.isArray(value) && value.length > 0);
    if (lists.length === 0) return null;
    left = { ...left, ...Object.fromEntries(lists.map(([name, value]) => [name, (value as Float32Array[]).slice(1)])) };
  }
  return left;
}

/** Total size of a state's arrays, bytes. */
function byteLengthOf(state: OptimizerState): number {
  const arrays = Object.values(state)
    .flat()
    .filter((value) => value instanceof Float32Array);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/**
 * Reverses `encodeCheckpoint`. Version 1 is older than the choice of a method for convolutions.
 * @throws CheckpointError when the bytes are no checkpoint of a known version.
 */
export function decodeCheckpoint(bytes: Uint8Array): StyleTransferCheckpoint {
  const value: unknown = parse(bytes);
  if (!isCheckpoint(value)) throw new CheckpointError("The format of the checkpoint is unknown.");
  return value.version === 1 ? { ...value, convolutions: "DIRECT" } : value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new CheckpointError("The checkpoint is damaged.", { cause: error });
  }
}

function isCheckpoint(value: unknown): value is StyleTransferCheckpoint & { version: number } {
  if (typeof value !== "object" || value === null) return false;
  const { format, version } = value as { format?: unknown; version?: unknown };
  return format === FORMAT && (version === 1 || version === VERSION);
}
