import {
  type NumberName,
  type NumberRange,
  type SettingName,
  settingNames,
  styleTransferLimits,
  styleTransferSettings,
} from "../../server/records/settings";
import { layerWeightTexts } from "../texts/layers-in-words";
import { settingTexts } from "../texts/settings";

/** A number with the words that its control shows. */
export interface LabelledNumber extends NumberRange {
  title: string;
  help: string;
  symbol?: string;
}

/** A numeric setting of the table with its words. */
export function labelled(name: NumberName): LabelledNumber {
  return { ...styleTransferSettings[name], ...settingTexts[name] };
}

/** Weights of the three terms of J, which the studio shows first. */
export const weightNames = ["alpha", "beta", "gamma"] as const;

/** The studio chooses the model elsewhere, and the content layers stay as they are. */
const withoutControl: ReadonlySet<SettingName> = new Set(["contentLayers", "model"]);

/** Order of the controls by their kind. */
const kinds = ["choice", "flag", "number", "layers"] as const;

/** Names of the settings that have a control, in the order of their controls. */
export const controlledNames: readonly SettingName[] = kinds.flatMap((kind) =>
  settingNames.filter((name) => styleTransferSettings[name].kind === kind && !withoutControl.has(name)),
);

/** The weight of a style layer; the first one explains itself. */
export function layerWeight(layer: string, place: number): LabelledNumber {
  const help = place === 0 ? layerWeightTexts.help : "";
  return { min: 0, max: styleTransferLimits.maxLayerWeight, default: 1, integer: false, scale: "logarithmic", title: layer, help };
}

/** The share of a style picture among several. */
export function styleShare(title: string): LabelledNumber {
  return { min: 0, max: styleTransferLimits.maxStyleWeight, default: 1, integer: false, scale: "logarithmic", title, help: "" };
}
