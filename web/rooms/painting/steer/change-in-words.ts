import { type Setting, type SteerableSettings, steerableNames, styleTransferSettings } from "../../../../server/records/settings";
import { paintingTexts } from "../../../texts/painting";
import { settingTexts } from "../../../texts/settings";

const texts = paintingTexts.steering;

/** A change of settings or styles; null or missing is what stayed. */
type Changed = { readonly [Name in keyof SteerableSettings]?: SteerableSettings[Name] | null } & {
  readonly styles?: readonly unknown[] | null;
};

/** The settings of a change in words: "β 80, layer weights". */
export function changeInWords(change: Changed): string {
  const words = steerableNames.flatMap((name) => {
    const value = change[name] ?? null;
    if (value === null) return [];
    const setting: Setting = styleTransferSettings[name];
    const { symbol, title } = settingTexts[name];
    return [setting.kind === "layers" ? texts.layers : `${symbol ?? title} ${value}`];
  });
  if (change.styles) words.push(texts.styles);
  return words.join(", ");
}
