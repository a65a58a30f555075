import { type Setting, steerableNames, styleTransferSettings } from "../../../../server/records/settings";
import type { Painting } from "../../../graphql/operations";
import { paintingTexts as texts } from "../../../texts/painting";
import { settingTexts } from "../../../texts/settings";

/** Lists the settings of a change in words: "β 80, layer weights". */
export function describeChange(change: Painting["changes"][number]): string {
  const words = steerableNames.flatMap((name) => {
    const value = change[name];
    if (value === null) return [];
    const setting: Setting = styleTransferSettings[name];
    const { symbol, title } = settingTexts[name];
    return [setting.kind === "layers" ? texts.steering.layers : `${symbol ?? title} ${value}`];
  });
  if (change.styles) words.push(texts.steering.styles);
  return words.join(", ");
}
