import { type Setting, type SettingName, settingNames, styleTransferSettings } from "../../../server/records/settings";
import type { RunSession } from "../../graphql/run-operations";
import { compareTexts as texts } from "../../texts/compare";
import { settingControlTexts, settingTexts } from "../../texts/settings";

/** A setting that differs between paintings, with its value in each. */
export interface Difference {
  name: string;
  values: readonly string[];
}

/** The settings and source pictures that differ between paintings, in the order of the settings. */
export function differences(sessions: readonly RunSession[]): Difference[] {
  const content = lettered(sessions.map((session) => session.content.url));
  const styles = lettered(sessions.map((session) => session.styles.map(({ image, weight }) => `${image.url} ${weight}`).join()));
  const rows = [
    { name: texts.content, values: content },
    { name: texts.styles, values: styles },
    ...settingNames.map((name) => ({ name: titleOf(name), values: sessions.map(({ settings }) => readable(name, settings[name])) })),
  ];
  return rows.filter(({ values }) => new Set(values).size > 1);
}

function titleOf(name: SettingName): string {
  const { symbol = "", title } = settingTexts[name];
  return `${symbol} ${title}`.trim();
}

function readable(name: SettingName, value: RunSession["settings"][SettingName]): string {
  const setting: Setting = styleTransferSettings[name];
  if (setting.kind === "flag") return value ? settingControlTexts.yes : settingControlTexts.no;
  if (!Array.isArray(value)) return String(value);
  return value.map(({ layer, weight }) => `${layer.replace("conv", "")}: ${Number(weight.toPrecision(3))}`).join(", ");
}

/** Replaces the URLs of pictures by letters: equal letters mean equal pictures. */
function lettered(values: readonly string[]): string[] {
  const known = [...new Set(values)];
  return values.map((value) => String.fromCharCode(65 + known.indexOf(value)));
}
