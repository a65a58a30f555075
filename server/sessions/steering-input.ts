import { type LayerWeight, type SteeredSettings, styleTransferNumbers } from "../records/settings.js";
import type { SessionModel } from "./models.js";
import type { StyleTransferRecord } from "../records/session.js";
import { badInput, checkedLayers, checkedNumber } from "./style-transfer-settings.js";

/** What a client wants changed; what is left out or null stays as it is. */
export interface SteeringInput {
  alpha?: number | null;
  beta?: number | null;
  gamma?: number | null;
  styleLayers?: LayerWeight[] | null;
  styles?: { imageId: string; weight?: number | null }[] | null;
  learningRate?: number | null;
  steps?: number | null;
}

const steeredNumbers = ["alpha", "beta", "gamma", "learningRate", "steps"] as const;

/**
 * The new values, for a painting whose picture `paintedStep` is there already.
 * @throws AtelierError BAD_INPUT with field and limit: nothing to change, out of range, no such layer, `steps` that are past.
 */
export function resolveSteering(changes: SteeringInput, paintedStep: number, model: SessionModel): SteeredSettings {
  const settings: SteeredSettings = {};
  for (const name of steeredNumbers) {
    const value = changes[name] ?? null;
    if (value !== null) settings[name] = checkedNumber(`changes.${name}`, value, styleTransferNumbers[name]);
  }
  if (settings.steps !== undefined && settings.steps <= paintedStep) {
    throw badInput("changes.steps", `Step ${paintedStep} is painted already; steps must be more.`, paintedStep + 1);
  }
  if (changes.styleLayers) settings.styleLayers = checkedLayers("changes.styleLayers", changes.styleLayers, model);
  if (Object.keys(settings).length === 0 && !changes.styles) throw badInput("changes", "There is nothing to change.");
  return settings;
}

/** The longer side of a style picture on the coarsest scale, px: a new style must do there too. */
export function coarsestSize({ settings }: Pick<StyleTransferRecord, "settings">): number {
  return Math.round(settings.size / 2 ** (settings.scales - 1));
}
