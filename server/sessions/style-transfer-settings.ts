import {
  defaultNumbers,
  type LayerWeight,
  MIN_PICTURE_SIDE,
  type NumberSetting,
  type StyleTransferNumber,
  type StyleTransferSettings,
  styleTransferDefaults,
  styleTransferLimits,
  styleTransferNumbers,
} from "../records/settings.js";
import { AtelierError } from "../errors.js";
import type { SessionModel } from "./models.js";
import type { ImageRecord, WeightedStyle } from "../records/session.js";
import type { StyleTransferInput } from "./style-transfer-input.js";

/**
 * Complete settings out of what was asked for and the defaults; `maxSize` is the longest side in px that this machine paints.
 * @throws AtelierError BAD_INPUT with field and limit.
 */
export function resolveSettings(input: StyleTransferInput, model: SessionModel, maxSize: number): StyleTransferSettings {
  const optimizer = input.optimizer ?? styleTransferDefaults.optimizer;
  const defaults = defaultNumbers({ optimizer, size: input.size ?? styleTransferNumbers.size.default });
  const number = (name: StyleTransferNumber) =>
    checkedNumber(`input.${name}`, input[name] ?? defaults[name], {
      ...styleTransferNumbers[name],
      ...(name === "size" ? { max: maxSize } : {}),
    });
  return {
    alpha: number("alpha"),
    beta: number("beta"),
    gamma: number("gamma"),
    contentLayers: checkedLayers("input.contentLayers", input.contentLayers ?? styleTransferDefaults.contentLayers, model),
    styleLayers: checkedLayers("input.styleLayers", input.styleLayers ?? styleTransferDefaults.styleLayers, model),
    optimizer,
    learningRate: number("learningRate"),
    steps: number("steps"),
    size: number("size"),
    scales: number("scales"),
    initialImage: input.initialImage ?? styleTransferDefaults.initialImage,
    seed: number("seed"),
    preserveColors: input.preserveColors ?? styleTransferDefaults.preserveColors,
    model: model.id,
  };
}

/** The style pictures with their weights, which the client calls `field`. @throws AtelierError BAD_INPUT: none, too many, a weight out of range, no positive weight. */
export function resolveStyles(field: string, styles: StyleTransferInput["styles"]): WeightedStyle[] {
  const { maxStyles, maxStyleWeight } = styleTransferLimits;
  if (styles.length < 1 || styles.length > maxStyles) {
    throw badInput(field, `A style transfer takes 1 to ${maxStyles} style images.`, maxStyles);
  }
  const resolved = styles.map(({ imageId, weight }, index) => ({
    imageId,
    weight: checkedWeight(`${field}.${index}.weight`, weight ?? 1, maxStyleWeight),
  }));
  requirePositive(field, resolved);
  return resolved;
}

/** A title without surrounding blanks; null when nothing is left. @throws AtelierError BAD_INPUT when it is too long. */
export function resolveTitle(field: string, title: string | null | undefined): string | null {
  const trimmed = title?.trim() ?? "";
  const limit = styleTransferLimits.maxTitleLength;
  if (trimmed.length > limit) throw badInput(field, `A title has at most ${limit} characters.`, limit);
  if (trimmed.includes("\0")) throw badInput(field, "A title is text.");
  return trimmed === "" ? null : trimmed;
}

/** Refuses a picture that is so narrow at the size of the result that a layer has no value for it. @throws AtelierError BAD_INPUT. */
export function requireWideEnough(field: string, image: ImageRecord, layers: LayerWeight[], size: number, model: SessionModel): void {
  const names = new Set(layers.map(({ layer }) => layer));
  const needed = Math.max(MIN_PICTURE_SIDE, ...model.layers.filter(({ name }) => names.has(name)).map(({ minimumSide }) => minimumSide));
  const [shorter, longer] = [Math.min(image.width, image.height), Math.max(image.width, image.height)];
  if (Math.round((shorter * size) / longer) >= needed) return;
  throw badInput(field, `At this size the picture is too narrow for these layers: its shorter side must have ${needed} px.`, needed);
}

/** A number that is within its limits. @throws AtelierError BAD_INPUT with field and limit. */
export function checkedNumber(field: string, value: number, setting: NumberSetting): number {
  const { min, max, integer } = setting;
  // Written so that NaN, which is neither below nor above, is refused as well.
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    throw badInput(field, `${setting.title} must be ${integer ? "a whole number" : "a number"} from ${min} to ${max}.`, `${min}..${max}`);
  }
  return value;
}

/** Weights of layers that the model has. @throws AtelierError BAD_INPUT with field and limit. */
export function checkedLayers(field: string, layers: readonly LayerWeight[], model: SessionModel): LayerWeight[] {
  if (layers.length === 0) throw badInput(field, "At least one layer is needed.", 1);
  const seen = new Set<string>();
  const checked = layers.map(({ layer, weight }, index) => {
    const path = `${field}.${index}`;
    if (!model.layers.some(({ name }) => name === layer)) {
      const names = model.layers.map(({ name }) => name).join(", ");
      throw badInput(`${path}.layer`, `The model has no such layer; it has ${names}.`);
    }
    if (seen.has(layer)) throw badInput(`${path}.layer`, "A layer can be named only once.");
    seen.add(layer);
    return { layer, weight: checkedWeight(`${path}.weight`, weight, styleTransferLimits.maxLayerWeight) };
  });
  requirePositive(field, checked);
  return checked;
}

function checkedWeight(field: string, weight: number, max: number): number {
  if (!(weight >= 0 && weight <= max)) throw badInput(field, `A weight must be a number from 0 to ${max}.`, `0..${max}`);
  return weight;
}

function requirePositive(field: string, weighted: readonly { weight: number }[]): void {
  if (!weighted.some(({ weight }) => weight > 0)) throw badInput(field, "At least one weight must be greater than 0.");
}

/** The error for a field that is not as it has to be. */
export function badInput(field: string, message: string, limit?: string | number): AtelierError {
  return new AtelierError("BAD_INPUT", message, { field, ...(limit === undefined ? {} : { limit }) });
}
