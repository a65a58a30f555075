import type { SettingName, StyleTransferSettings } from "../../server/records/settings";

/** Words of one setting; a choice has a word for each of its values. */
export interface SettingText {
  title: string;
  help: string;
  symbol?: string;
  values?: Record<string, string>;
}

type ChoiceText<Name extends SettingName> = StyleTransferSettings[Name] extends infer Value
  ? Value extends string
    ? string extends Value
      ? object
      : { values: Record<StyleTransferSettings[Name] & string, string> }
    : object
  : object;

/** One text for every setting of the table. */
type SettingTexts = { readonly [Name in SettingName]: SettingText & ChoiceText<Name> };

export const settingTexts: SettingTexts = {
  alpha: { symbol: "α", title: "Content", help: "How much of the photo's layout stays." },
  beta: { symbol: "β", title: "Style", help: "How strongly the painting's strokes and colours are taken over." },
  gamma: { symbol: "γ", title: "Smoothness", help: "Smooths out grain." },
  contentLayers: { title: "Content layers", help: "" },
  styleLayers: { title: "Style layers", help: "" },
  optimizer: { title: "Optimiser", help: "", values: { ADAM: "Adam", LBFGS: "L-BFGS" } },
  learningRate: { title: "Learning rate", help: "How far each step goes." },
  steps: { title: "Steps", help: "How many steps are painted in all." },
  size: { title: "Size", help: "Longer side of the result in pixels." },
  scales: { title: "Scales", help: "Paints a small picture first, then larger ones from it." },
  initialImage: {
    title: "Start from",
    help: "",
    values: { CONTENT: "The photo", STYLE: "The style picture", NOISE: "Noise" },
  },
  seed: { title: "Seed", help: "Another seed gives other noise to start from." },
  preserveColors: { title: "Keep the photo's colours", help: "" },
  draft: { title: "Draft", help: "The small network paints all scales but the last, which takes less time." },
  model: { title: "Model", help: "" },
};

/** Words around the settings. */
export const settingControlTexts = {
  numbers: "Numbers",
  balance: {
    title: "More photo or more style",
    photo: "More photo",
    style: "More style",
    share: (percent: number) => `${percent}% towards the style`,
  },
  usualModel: "The best available",
  rightNow: (title: string) => `Right now: ${title}`,
  notHere: (title: string) => `${title}, not here yet`,
  range: (whole: boolean, min: number, max: number) => `${whole ? "A whole number" : "A number"} from ${min} to ${max}.`,
  still: (value: number) => `Still ${value}.`,
  yes: "yes",
  no: "no",
} as const;
