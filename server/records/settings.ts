/** A layer of the feature network with its weight within a term of J. */
export interface LayerWeight {
  layer: string;
  weight: number;
}

/** Properties of a setting of any kind. */
interface SettingBase {
  /** Whether the setting may change while the style transfer is painted. */
  steerable: boolean;
  /** Description in the API's schema. */
  description: string;
}

/** Limits, default and scale of a number. A value beyond the limits is refused, never clamped. */
export interface NumberRange {
  min: number;
  max: number;
  default: number;
  integer: boolean;
  /** Unit of `min` and `max`. */
  unit?: string;
  /** How a slider spreads the range. A logarithmic slider whose `min` is 0 begins with a stop at 0. */
  scale: "linear" | "logarithmic" | "none";
}

interface NumberSetting extends SettingBase, NumberRange {
  kind: "number";
  /** Value of sessions and traces from before the setting existed, where it differs from `default`. */
  formerDefault?: number;
}

interface FlagSetting extends SettingBase {
  kind: "flag";
  default: boolean;
  /** As in a number. */
  formerDefault?: boolean;
}

interface ChoiceSetting extends SettingBase {
  kind: "choice";
  /** Name of the enum in the API's schema. */
  type: string;
  values: readonly string[];
  default: string;
  /** As in a number. */
  formerDefault?: string;
}

/** Weights of layers. Every layer must exist in the session's model. */
interface LayersSetting extends SettingBase {
  kind: "layers";
  default: readonly LayerWeight[];
  /** As in a number. */
  formerDefault?: readonly LayerWeight[];
}

/** The id of a feature model; the server chooses one where it is missing. */
interface ModelSetting extends SettingBase {
  kind: "model";
  /** Model of sessions and traces that name none. */
  formerDefault: string;
}

export type Setting = NumberSetting | FlagSetting | ChoiceSetting | LayersSetting | ModelSetting;

const fixed = { steerable: false } as const;
const steerable = { steerable: true } as const;
const real = { kind: "number", integer: false, scale: "logarithmic" } as const;
const whole = { kind: "number", integer: true, scale: "linear" } as const;

/**
 * Every setting of a style transfer. The API's types, validation, defaults, steering, traces and the studio's controls
 * are derived from this table; the studio's words are in `web/texts/settings.ts`.
 */
export const styleTransferSettings = {
  alpha: { ...real, ...steerable, min: 0, max: 1e6, default: 1, description: "Weight of the content term." },
  beta: { ...real, ...steerable, min: 0, max: 1e6, default: 40, description: "Weight of the style term." },
  gamma: { ...real, ...steerable, min: 0, max: 1e6, default: 0.2, description: "Weight of total variation, which smooths the picture." },
  contentLayers: {
    ...fixed,
    kind: "layers",
    default: [{ layer: "conv4_2", weight: 1 }],
    description: "Layers at which the content term compares the pictures.",
  },
  styleLayers: {
    ...steerable,
    kind: "layers",
    default: exponentialWeights(["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"], 0.7),
    description: "Layers of the style term. By default the weights fall exponentially from shallow to deep.",
  },
  optimizer: {
    ...fixed,
    kind: "choice",
    type: "OptimizerKind",
    values: ["ADAM", "LBFGS"],
    default: "ADAM",
    description: "Method that minimises J.",
  },
  learningRate: {
    ...real,
    ...steerable,
    min: 1e-5,
    max: 10,
    default: 0.02,
    description: "Step in colour values (0..1) for Adam; share of the full step for L-BFGS (default 1).",
  },
  steps: { ...whole, ...steerable, scale: "logarithmic", min: 1, max: 5000, default: 150, description: "Steps of all scales together." },
  size: {
    ...whole,
    ...steerable,
    unit: "px",
    min: 32,
    max: 2048,
    default: 256,
    description:
      "Longer side of the result in pixels. Narrow pictures have more by default: the smallest size that their layers allow. A painting can grow, not shrink.",
  },
  scales: {
    ...whole,
    ...fixed,
    min: 1,
    max: 6,
    default: 1,
    description: "Number of coarse-to-fine scales. Larger sizes have more by default.",
  },
  initialImage: {
    ...fixed,
    kind: "choice",
    type: "InitialImage",
    values: ["CONTENT", "STYLE", "NOISE"],
    default: "CONTENT",
    description: "Picture that the painting begins with.",
  },
  seed: {
    ...whole,
    ...fixed,
    scale: "none",
    min: 0,
    max: 2147483647,
    default: 0,
    description: "Seed of the noise that a painting may begin with.",
  },
  preserveColors: { ...fixed, kind: "flag", default: false, description: "Whether the result keeps the colours of the content." },
  draft: {
    ...fixed,
    kind: "flag",
    default: false,
    description:
      "Whether vgg19-lite, which is faster, paints all scales but the last. Asks for at least 2 scales; a picture too small for two is painted at one, without a draft.",
  },
  model: {
    ...fixed,
    kind: "model",
    formerDefault: "vgg19",
    description: "Id of the feature model. By default vgg19 where it is READY, else the best READY one.",
  },
} as const satisfies Record<string, Setting>;

type Table = typeof styleTransferSettings;

/** Values that a setting of a kind may have. */
type ValueOf<Kind extends Setting> = Kind extends NumberSetting
  ? number
  : Kind extends FlagSetting
    ? boolean
    : Kind extends ChoiceSetting
      ? Kind["values"][number]
      : Kind extends LayersSetting
        ? LayerWeight[]
        : string;

type NamesWhere<Condition> = { [Name in keyof Table]: Table[Name] extends Condition ? Name : never }[keyof Table];

export type SettingName = keyof Table;
export type NumberName = NamesWhere<NumberSetting>;
export type SteerableName = NamesWhere<{ steerable: true }>;

/** Complete settings of a style transfer, as a session keeps and shows them. */
export type StyleTransferSettings = { -readonly [Name in SettingName]: ValueOf<Table[Name]> };

/** Settings that may change while a style transfer is painted. */
export type SteerableSettings = Pick<StyleTransferSettings, SteerableName>;

/** Settings as a client sends them. A missing or null value means the default, or in a change that the value stays. */
export type SettingsInput<Name extends SettingName = SettingName> = { [Key in Name]?: StyleTransferSettings[Key] | null };

export const settingNames = Object.keys(styleTransferSettings) as SettingName[];
export const steerableNames = settingNames.filter((name): name is SteerableName => styleTransferSettings[name].steerable);

/** The steerable settings among `values`, without nulls. */
export function steerableOf(values: SettingsInput<SteerableName>): Partial<SteerableSettings> {
  return Object.fromEntries(steerableNames.flatMap((name) => ((values[name] ?? null) === null ? [] : [[name, values[name]]])));
}

/** Default of the learning rate: a step in colour values (0..1) for Adam, a share of the full step for L-BFGS. */
const learningRateDefaults: Record<StyleTransferSettings["optimizer"], number> = {
  ADAM: styleTransferSettings.learningRate.default,
  LBFGS: 1,
};

/** Id of the feature model that paints the coarse scales of a draft. */
export const DRAFT_MODEL = "vgg19-lite";

/** Least number of scales of a draft: its own model paints all but the last. */
export const MIN_DRAFT_SCALES = 2;

/** Sizes (px) from which one more scale is painted: VGG-19 sees at most 250 px, so large forms need a small picture. */
const SIZES_OF_FURTHER_SCALES = [384, 1024];

/**
 * Defaults of all settings except the model, which the server chooses. The learning rate follows the optimiser, the
 * number of scales the size and whether there is a draft.
 */
export function defaultSettings({
  optimizer = styleTransferSettings.optimizer.default,
  size = styleTransferSettings.size.default,
  draft = styleTransferSettings.draft.default,
}: Partial<Pick<StyleTransferSettings, "optimizer" | "size" | "draft">> = {}): Omit<StyleTransferSettings, "model"> {
  const constants = settingNames.flatMap((name) => {
    const setting: Setting = styleTransferSettings[name];
    return setting.kind === "model" ? [] : [[name, structuredClone(setting.default)]];
  });
  return {
    ...(Object.fromEntries(constants) as Omit<StyleTransferSettings, "model">),
    optimizer,
    learningRate: learningRateDefaults[optimizer],
    size,
    draft,
    scales: defaultScales(size, draft),
  };
}

/** The number of scales of a painting with `size` px, by default. */
export function defaultScales(size: number, draft: boolean): number {
  const scales = 1 + SIZES_OF_FURTHER_SCALES.filter((threshold) => size >= threshold).length;
  return draft ? Math.max(scales, MIN_DRAFT_SCALES) : scales;
}

/**
 * Complete settings of a session or trace that may be older than some of the settings: a missing one gets the default
 * that it had then.
 */
export function completeSettings(kept: Partial<StyleTransferSettings>): StyleTransferSettings {
  const former = settingNames.flatMap((name) => {
    const { formerDefault }: Setting = styleTransferSettings[name];
    return formerDefault === undefined ? [] : [[name, structuredClone(formerDefault)]];
  });
  const present = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { ...defaultSettings(kept), ...Object.fromEntries([...former, ...present]) };
}

/** Style weights that fall exponentially from shallow to deep: `falloff` to the power of the layer's index. */
export function exponentialWeights(layers: readonly string[], falloff: number): LayerWeight[] {
  return layers.map((layer, index) => ({ layer, weight: Number((falloff ** index).toPrecision(6)) }));
}

/** Size of a translation, px. A model's native size replaces the default, and its own smallest size `min`. */
export const translationSize = {
  min: 16,
  max: styleTransferSettings.size.max,
  default: 256,
  integer: true,
  unit: "px",
  scale: "linear",
} as const satisfies NumberRange;

/** Least side of a picture that is painted, px: total variation compares neighbours. */
export const MIN_PICTURE_SIDE = 2;

/** Limits of lists and texts in a style transfer. */
export const styleTransferLimits = { maxStyles: 8, maxStyleWeight: 1e6, maxLayerWeight: 1e6, maxTitleLength: 200 } as const;

/** Length of a note about a session, characters. */
export const MAX_NOTE_LENGTH = 2000;

/** How long a session or picture that expires may live from now on, s. */
export const lifetime = { min: 10, max: 30 * 24 * 60 * 60, integer: true, unit: "s" } as const;
