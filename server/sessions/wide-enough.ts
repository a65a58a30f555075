import { badInput } from "../errors.js";
import { fitLongerSide, type PictureSize, planScales } from "../records/scales.js";
import { type LayerWeight, MIN_PICTURE_SIDE, type StyleTransferSettings } from "../records/settings.js";
import type { SessionModel } from "./models.js";

/** A picture of a style transfer. */
export interface LayeredPicture {
  /** Its path in errors. */
  field: string;
  image: PictureSize;
  /** Layers that are computed for it. */
  layers: readonly LayerWeight[];
}

/** The smallest size of a painting at which each layer still has a value for the picture, px. */
export function smallestSize({ image, layers }: Pick<LayeredPicture, "image" | "layers">, model: SessionModel): number {
  const needed = neededSide(layers, model);
  const [shorter, longer] = [Math.min(image.width, image.height), Math.max(image.width, image.height)];
  // Half a pixel less is rounded up; the division may end one lower.
  let size = Math.max(1, Math.floor(((needed - 0.5) * longer) / shorter));
  while (shorterSide(image, size) < needed) size++;
  return size;
}

/**
 * Refuses a picture that is so narrow at the size of the painting that a layer has no value for it. The error names the
 * smallest size that works, unless that is more than `maxSize`.
 * @throws AtelierError BAD_INPUT with the smallest size as its limit.
 */
export function requireWideEnough(picture: LayeredPicture, size: number, model: SessionModel, maxSize: number): void {
  const smallest = smallestSize(picture, model);
  if (size >= smallest) return;
  const needed = neededSide(picture.layers, model);
  const why = `At size ${size} its shorter side has ${shorterSide(picture.image, size)} px, and these layers need ${needed}.`;
  const remedy =
    smallest <= maxSize
      ? `The smallest size that works is ${smallest}.`
      : `No size up to ${maxSize} works: crop the picture until its longer side is at most ${Math.floor(maxSize / needed)} times the shorter one.`;
  throw badInput(picture.field, `The picture is too narrow. ${why} ${remedy}`, smallest, { min: smallest, unit: "px" });
}

/**
 * Refuses a picture that is too narrow at a scale of a painting that has begun, whose size is fixed.
 * @throws AtelierError BAD_INPUT with the shorter side that is needed as its limit.
 */
export function requireWideEnoughAt(picture: LayeredPicture, size: number, model: SessionModel): void {
  if (size >= smallestSize(picture, model)) return;
  const needed = neededSide(picture.layers, model);
  const side = shorterSide(picture.image, size);
  const why = `At its coarsest scale, ${size} px, the shorter side has ${side} px, and these layers need ${needed}.`;
  throw badInput(picture.field, `A picture is too narrow for this painting. ${why}`, needed, { min: needed, unit: "px" });
}

/** Longer side of a painting at its coarsest scale, px. `pictures`: its content and its first styles. */
export function coarsestSize({ size, scales, steps }: StyleTransferSettings, pictures: readonly PictureSize[]): number {
  return planScales(size, scales, steps, pictures)[0]!.size;
}

/** The shorter side that a picture must have, px. */
function neededSide(layers: readonly LayerWeight[], model: SessionModel): number {
  const names = new Set(layers.map(({ layer }) => layer));
  return Math.max(MIN_PICTURE_SIDE, ...model.layers.filter(({ name }) => names.has(name)).map(({ minimumSide }) => minimumSide));
}

/** The picture's shorter side when its longer one has `size` px. */
function shorterSide(image: PictureSize, size: number): number {
  const { width, height } = fitLongerSide(image, size);
  return Math.min(width, height);
}
