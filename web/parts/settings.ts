import { type NumberSetting, type StyleTransferNumber, styleTransferNumbers } from "../../server/art/settings";

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
