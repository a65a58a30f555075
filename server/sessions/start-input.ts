import { badInput, noSuchChoice, outOfRange } from "../errors.js";
import type { ImageReference, Weighted } from "../records/changes.js";
import type { TranslationSettings } from "../records/session.js";
import {
  defaultSettings,
  type LayerWeight,
  MAX_NOTE_LENGTH,
  MIN_DRAFT_SCALES,
  type NumberRange,
  type Setting,
  type SettingName,
  type SettingsInput,
  type StyleTransferSettings,
  settingNames,
  styleTransferLimits,
  styleTransferSettings,
  translationSize,
} from "../records/settings.js";
import type { SessionModel } from "./models.js";

/** A client's input for a style transfer. A setting that is missing or null gets its default. */
export interface StyleTransferInput extends SettingsInput {
  contentId: string;
  styles: Weighted<ImageReference>[];
  title?: string | null;
  /** Seconds until the session is deleted; null for one that lasts. */
  expiresIn?: number | null;
}

/** A client's input for a translation. A value that is missing or null gets its default. */
export interface TranslationInput {
  model: string;
  /** The picture to translate; null for a live translation, whose frames are sent one by one. */
  imageId?: string | null;
  title?: string | null;
  /** Longer side of the result, px; the model's native size by default. */
  size?: number | null;
  /** Name of the lasting output that shows the translation from now on. */
  output?: string | null;
  /** Seconds until the session is deleted; null for one that lasts. */
  expiresIn?: number | null;
}

/**
 * Complete settings of a style transfer: the input with defaults. `at` is the path of the input in errors, `maxSize`
 * the longest side in px that this machine paints.
 * @throws AtelierError BAD_INPUT with field and limit.
 */
export function resolveSettings(at: string, input: SettingsInput, model: SessionModel, maxSize: number): StyleTransferSettings {
  const asked = Object.fromEntries(settingNames.flatMap((name) => ((input[name] ?? null) === null ? [] : [[name, input[name]]])));
  const settings = { ...defaultSettings(asked), ...asked, model: model.id };
  const checked = settingNames.map((name) => [name, checkedSetting(`${at}.${name}`, name, settings[name], model, maxSize)]);
  if (settings.draft && settings.scales < MIN_DRAFT_SCALES) {
    throw badInput(`${at}.scales`, `A draft needs at least ${MIN_DRAFT_SCALES} scales.`, MIN_DRAFT_SCALES, { min: MIN_DRAFT_SCALES });
  }
  return Object.fromEntries(checked) as StyleTransferSettings;
}

/**
 * Checks a value of a setting and returns it.
 * @throws AtelierError BAD_INPUT with field and limit.
 */
export function checkedSetting(
  field: string,
  name: SettingName,
  value: unknown,
  model: SessionModel,
  maxSize: number = styleTransferSettings.size.max,
): StyleTransferSettings[SettingName] {
  const setting: Setting = styleTransferSettings[name];
  switch (setting.kind) {
    case "number":
      return checkedNumber(field, value as number, name === "size" ? { ...setting, max: maxSize } : setting);
    case "layers":
      return checkedLayers(field, value as LayerWeight[], model);
    case "choice":
      if (!setting.values.includes(value as string)) throw noSuchChoice(field, setting.values);
      return value as string;
    case "flag":
      return value as boolean;
    case "model":
      return model.id;
  }
}

/**
 * Complete settings of a translation; `maxSize` is the longest side in px of a live translation on this machine. A
 * single picture may be larger: it is translated in tiles where memory is short.
 * @throws AtelierError BAD_INPUT with field and limit.
 */
export function resolveTranslation({ imageId, size, output }: TranslationInput, model: SessionModel, maxSize: number): TranslationSettings {
  const isLive = (imageId ?? null) === null;
  const max = isLive ? maxSize : translationSize.max;
  const range = { ...translationSize, min: Math.max(translationSize.min, model.minSize ?? 0), max };
  const asked = size ?? Math.max(range.min, Math.min(model.size, max));
  const name = (output ?? null) === null ? null : requireOutputName("input.output", output!);
  return { model: model.id, family: model.family, size: checkedNumber("input.size", asked, range), output: name };
}

/** Longest name of an output, characters. */
const MAX_OUTPUT_NAME = 48;

/** The name of a lasting output, which is part of addresses. @throws AtelierError BAD_INPUT with the field. */
export function requireOutputName(field: string, name: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name) && name.length <= MAX_OUTPUT_NAME) return name;
  const message = `The name of an output has 1 to ${MAX_OUTPUT_NAME} characters: small letters, digits, hyphens and underscores, the first a letter or digit.`;
  throw badInput(field, message, MAX_OUTPUT_NAME, { max: MAX_OUTPUT_NAME, unit: "characters" });
}

/**
 * Checks style pictures and their weights, and returns them. `field` is the path of the list in errors.
 * @throws AtelierError BAD_INPUT: no styles, too many, a weight out of range, no positive weight.
 */
export function resolveStyles(field: string, styles: readonly Weighted<ImageReference>[]): Weighted<ImageReference>[] {
  const { maxStyles, maxStyleWeight } = styleTransferLimits;
  if (styles.length < 1 || styles.length > maxStyles) {
    throw badInput(field, `A style transfer takes 1 to ${maxStyles} style images.`, maxStyles, { min: 1, max: maxStyles });
  }
  const resolved = styles.map(({ imageId, weight }, index) => ({
    imageId,
    weight: checkedWeight(`${field}.${index}.weight`, weight, maxStyleWeight),
  }));
  requirePositive(field, resolved);
  return resolved;
}

/** A title without surrounding blanks; null when it is empty. @throws AtelierError BAD_INPUT when it is too long. */
export function resolveTitle(field: string, title: string | null | undefined): string | null {
  return resolveText(field, "title", title ?? "", styleTransferLimits.maxTitleLength);
}

/** A note without surrounding blanks; null when it is empty. @throws AtelierError BAD_INPUT when it is too long. */
export function resolveNote(field: string, note: string): string | null {
  return resolveText(field, "note", note, MAX_NOTE_LENGTH);
}

function resolveText(field: string, what: string, text: string, limit: number): string | null {
  const trimmed = text.trim();
  if (trimmed.length > limit) {
    throw badInput(field, `A ${what} has at most ${limit} characters.`, limit, { max: limit, unit: "characters" });
  }
  if (trimmed.includes("\0")) throw badInput(field, `A ${what} is a text without NUL characters.`);
  return trimmed === "" ? null : trimmed;
}

function checkedNumber(field: string, value: number, range: NumberRange): number {
  const { min, max, integer } = range;
  // Written so that NaN, for which every comparison is false, is refused too.
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) throw outOfRange(field, range);
  return value;
}

function checkedLayers(field: string, layers: readonly LayerWeight[], model: SessionModel): LayerWeight[] {
  if (layers.length === 0) throw badInput(field, "At least one layer is needed.", 1, { min: 1 });
  const seen = new Set<string>();
  const checked = layers.map(({ layer, weight }, index) => {
    const path = `${field}.${index}`;
    if (!model.layers.some(({ name }) => name === layer)) {
      const names = model.layers.map(({ name }) => name).join(", ");
      throw badInput(`${path}.layer`, `There is no such layer; layers to choose from are ${names}.`, names, {
        allowed: model.layers.map((one) => one.name),
      });
    }
    if (seen.has(layer)) throw badInput(`${path}.layer`, "A layer can be named only once.");
    seen.add(layer);
    return { layer, weight: checkedWeight(`${path}.weight`, weight, styleTransferLimits.maxLayerWeight) };
  });
  requirePositive(field, checked);
  return checked;
}

function checkedWeight(field: string, weight: number, max: number): number {
  if (!(weight >= 0 && weight <= max)) throw outOfRange(field, { min: 0, max, integer: false });
  return weight;
}

function requirePositive(field: string, weighted: readonly { weight: number }[]): void {
  if (!weighted.some(({ weight }) => weight > 0)) throw badInput(field, "At least one weight must be greater than 0.");
}
