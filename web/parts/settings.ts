import { type NumberSetting, type StyleTransferNumber, styleTransferLimits, styleTransferNumbers } from "../../server/records/settings";
import { layerTexts } from "../texts/layers-in-words";

/** A numeric setting with its name in the API. */
export interface NamedSetting<Name extends StyleTransferNumber = StyleTransferNumber> {
  name: Name;
  setting: NumberSetting;
}

export function named<Name extends StyleTransferNumber>(name: Name): NamedSetting<Name> {
  return { name, setting: styleTransferNumbers[name] };
}

/** Weights of the three terms of J. */
export const weightSettings = [named("alpha"), named("beta"), named("gamma")] as const;

/** The weight of a style layer at a place among the layers. */
export function layerSetting(layer: string, place: number): NumberSetting {
  const help = place === 0 ? layerTexts.help : "";
  return { min: 0, max: styleTransferLimits.maxLayerWeight, default: 1, integer: false, scale: "logarithmic", title: layer, help };
}
