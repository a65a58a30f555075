import { type NumberSetting, styleTransferNumbers } from "../../../../server/records/settings";
import type { Painting } from "../../../graphql/operations";
import { paintingTexts as texts } from "../../../texts/painting";

const numbers = ["alpha", "beta", "gamma", "learningRate", "steps"] as const;

/** Lists the settings of a change in words: "β 80, layer weights". */
export function describeChange(change: Painting["changes"][number]): string {
  const set = numbers.flatMap((name) => {
    const value = change[name];
    const { symbol, title }: NumberSetting = styleTransferNumbers[name];
    return value === null ? [] : [`${symbol ?? title} ${value}`];
  });
  if (change.styleLayers) set.push(texts.steering.layers);
  if (change.styles) set.push(texts.steering.styles);
  return set.join(", ");
}
