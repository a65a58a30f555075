import { deserialize, serialize } from "node:v8";
import { AtelierError } from "../errors.js";
import type { OptimizerState } from "./optimizer.js";
import type { Planes } from "./painter.js";

/** A style transfer between two steps: the picture of `step`, and the optimiser before it saw that picture; null when it is new. */
export interface StyleTransferCheckpoint {
  step: number;
  picture: Planes;
  optimizer: OptimizerState | null;
}

const FORMAT = "atelier-style-transfer";
const VERSION = 1;

/** A checkpoint as bytes (structured clone format of V8, which newer versions of Node read too). */
export function encodeCheckpoint(checkpoint: StyleTransferCheckpoint): Uint8Array {
  return serialize({ format: FORMAT, version: VERSION, ...checkpoint });
}

/** @throws AtelierError INTERNAL when the bytes are no checkpoint of a version known here. */
export function decodeCheckpoint(bytes: Uint8Array): StyleTransferCheckpoint {
  const value: unknown = parse(bytes);
  if (!isCheckpoint(value)) throw new AtelierError("INTERNAL", "The checkpoint is of an unknown format.");
  return value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new AtelierError("INTERNAL", "The checkpoint is damaged.", {}, { cause: error });
  }
}

function isCheckpoint(value: unknown): value is StyleTransferCheckpoint {
  if (typeof value !== "object" || value === null) return false;
  const { format, version } = value as { format?: unknown; version?: unknown };
  return format === FORMAT && version === VERSION;
}
