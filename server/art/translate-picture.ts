import { performance } from "node:perf_hooks";
import { AtelierError } from "../errors.js";
import { type Tensor, tensor } from "../graph/index.js";
import type { PictureRange, TranslationForm } from "../models/card.js";
import type { GeneratorProgram } from "./generator.js";
import type { Painting, Planes } from "./painter.js";
import { centred, crop, padByReflection } from "./picture-padding.js";
import type { PictureSize } from "./scales.js";

/** What a value v of 0..1 is in each range: v * scale + offset. */
export const ranges: Record<PictureRange, { scale: number; offset: number }> = {
  UNIT: { scale: 1, offset: 0 },
  SIGNED: { scale: 2, offset: -1 },
  BYTE: { scale: 255, offset: 0 },
};

/** Longest side of a picture with its border, px: a card that asks for more than any network does gets no memory. */
const MAX_PADDED_SIDE = 4096;

/** Runs `program` on a picture with a mirrored border that brings its sides to what the network takes, and cuts that off. */
export async function translatePicture(
  program: GeneratorProgram,
  picture: Planes,
  form: TranslationForm,
  id: string,
): Promise<Pick<Painting, "planes" | "computeMs">> {
  const began = performance.now();
  const size = paddedSize(picture, form);
  const result = await program.run(feed(padByReflection(picture, size), form.inputRange));
  const planes = crop(fromResult(result, size, form.outputRange, id), centred(picture, size));
  return { planes, computeMs: performance.now() - began };
}

/** A size of at least `form.minSize` in multiples of `form.sizeMultiple`. @throws AtelierError UNAVAILABLE when that is too large. */
export function paddedSize({ width, height }: PictureSize, { sizeMultiple, minSize }: TranslationForm): PictureSize {
  const pad = (side: number) => Math.ceil(Math.max(side, minSize) / sizeMultiple) * sizeMultiple;
  const size = { width: pad(width), height: pad(height) };
  if (Math.max(size.width, size.height) <= MAX_PADDED_SIDE) return size;
  throw new AtelierError("UNAVAILABLE", `The model takes no picture of less than ${size.width} x ${size.height} px at this size.`, {
    limit: MAX_PADDED_SIDE,
  });
}

// Loops instead of `map` and `every`, which take ten times as long: a fifth of all that a live picture costs the server.

/** Planes (0..1) as 1 x 3 x H x W in `range`. */
function feed({ width, height, data }: Planes, range: PictureRange): Tensor {
  const { scale, offset } = ranges[range];
  const values = new Float32Array(data.length);
  for (let i = 0; i < values.length; i++) values[i] = data[i]! * scale + offset;
  return tensor([1, 3, height, width], values);
}

/** 1 x 3 x H x W in `range` as planes, cut back to 0..1. @throws AtelierError UNAVAILABLE when the answer is no picture of `size`. */
function fromResult({ shape, data }: Tensor, size: PictureSize, range: PictureRange, id: string): Planes {
  requireSize(shape, size, id);
  const { scale, offset } = ranges[range];
  const values = new Float32Array(data.length);
  for (let i = 0; i < values.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) throw noColours(id);
    const unit = (value - offset) / scale;
    values[i] = unit < 0 ? 0 : unit > 1 ? 1 : unit;
  }
  return { ...size, data: values };
}

/** @throws AtelierError UNAVAILABLE unless `shape` is 1 x 3 x H x W of `size`. */
export function requireSize(shape: readonly number[], { width, height }: PictureSize, id: string): void {
  if (shape.join() === [1, 3, height, width].join()) return;
  throw new AtelierError("UNAVAILABLE", `The model ${id} answered [${shape.join(", ")}] to a picture of ${width} x ${height} px.`);
}

/** What an answer that holds NaN or infinite values is refused with. */
export function noColours(id: string): AtelierError {
  return new AtelierError("UNAVAILABLE", `The model ${id} answered values that are no colours.`);
}
