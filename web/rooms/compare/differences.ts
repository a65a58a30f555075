import { type NumberSetting, type StyleTransferNumber, styleTransferNumbers } from "../../../server/records/settings";
import type { RunSession } from "../../graphql/run-operations";
import { compareTexts as texts } from "../../texts/compare";

/** A setting that differs between paintings, with its value in each. */
export interface Difference {
  name: string;
  values: readonly string[];
}

/** The settings and source pictures that differ between paintings, in the order of the settings. */
export function differences(sessions: readonly RunSession[]): Difference[] {
  const rows = sessions.map(valuesOf);
  const names = Object.keys(rows[0] ?? {});
  return names.flatMap((name) => {
    const values = rows.map((row) => row[name] ?? "");
    return new Set(values).size > 1 ? [{ name: titleOf(name), values: readable(name, values) }] : [];
  });
}

function valuesOf({ content, styles, settings }: RunSession): Record<string, string> {
  const { styleLayers, preserveColors, ...rest } = settings;
  return {
    content: content.url,
    styles: styles.map(({ image, weight }) => `${image.url} ${weight}`).join(),
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
    preserveColors: preserveColors ? texts.yes : texts.no,
    styleLayers: styleLayers.map(({ layer, weight }) => `${layer.replace("conv", "")}: ${Number(weight.toPrecision(3))}`).join(", "),
  };
}

/** Replaces the URLs of pictures by letters: equal letters mean equal pictures. */
function readable(name: string, values: readonly string[]): string[] {
  if (name !== "content" && name !== "styles") return [...values];
  const known = [...new Set(values)];
  return values.map((value) => String.fromCharCode(65 + known.indexOf(value)));
}

function titleOf(name: string): string {
  const setting: NumberSetting | undefined = Object.hasOwn(styleTransferNumbers, name)
    ? styleTransferNumbers[name as StyleTransferNumber]
    : undefined;
  return texts.names[name] ?? (setting ? `${setting.symbol ?? ""} ${setting.title}`.trim() : name);
}
