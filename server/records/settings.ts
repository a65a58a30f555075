/** A layer of the feature network with its weight within a term. */
export interface LayerWeight {
  layer: string;
  weight: number;
}

export const optimizers = ["ADAM", "LBFGS"] as const;
export type OptimizerKind = (typeof optimizers)[number];
export const initialImages = ["CONTENT", "STYLE", "NOISE"] as const;
export type InitialImage = (typeof initialImages)[number];

/** Complete settings of a style transfer, as a session keeps and shows them. */
export interface StyleTransferSettings {
  alpha: number;
  beta: number;
  gamma: number;
  contentLayers: LayerWeight[];
  styleLayers: LayerWeight[];
  optimizer: OptimizerKind;
  learningRate: number;
  steps: number;
  size: number;
  scales: number;
  initialImage: InitialImage;
  seed: number;
  preserveColors: boolean;
  model: string;
}

/** Names of the settings that may change while a style transfer is painted. */
export const steeredNames = ["alpha", "beta", "gamma", "styleLayers", "learningRate", "steps"] as const;

/** New values of settings; what is left out stays as it is. */
export type SteeredSettings = Partial<Pick<StyleTransferSettings, (typeof steeredNames)[number]>>;

/** One numeric setting: what is allowed, what it is when left out, and how a page shows it. */
export interface NumberSetting {
  min: number;
  max: number;
  default: number;
  integer: boolean;
  /** How a slider spreads its range; logarithmic sliders begin at `min` or, where that is 0, with a stop at 0. */
  scale: "linear" | "logarithmic";
  symbol?: string;
  title: string;
  help: string;
}

/** The only place where limits and defaults of style transfer stand: validation, GraphQL, page and traces read them here. */
export const styleTransferNumbers = {
  alpha: {
    min: 0,
    max: 1e6,
    default: 1,
    integer: false,
    scale: "logarithmic",
    symbol: "α",
    title: "Content",
    help: "How much of the photo's layout stays.",
  },
  beta: {
    min: 0,
    max: 1e6,
    default: 40,
    integer: false,
    scale: "logarithmic",
    symbol: "β",
    title: "Style",
    help: "How strongly the painting's strokes and colours are taken over.",
  },
  gamma: {
    min: 0,
    max: 1e6,
    default: 0.2,
    integer: false,
    scale: "logarithmic",
    symbol: "γ",
    title: "Smoothness",
    help: "Total variation: irons out grain.",
  },
  learningRate: {
    min: 1e-5,
    max: 10,
    default: 0.02,
    integer: false,
    scale: "logarithmic",
    title: "Learning rate",
    help: "How far each step goes.",
  },
  steps: {
    min: 1,
    max: 5000,
    default: 150,
    integer: true,
    scale: "logarithmic",
    title: "Steps",
    help: "How many optimisation steps over all scales.",
  },
  size: { min: 32, max: 2048, default: 256, integer: true, scale: "linear", title: "Size", help: "Longer side of the result in pixels." },
  scales: {
    min: 1,
    max: 6,
    default: 1,
    integer: true,
    scale: "linear",
    title: "Scales",
    help: "Coarse-to-fine: how many sizes are painted one after the other.",
  },
  seed: {
    min: 0,
    max: 2147483647,
    default: 0,
    integer: true,
    scale: "linear",
    title: "Seed",
    help: "Of the noise that a painting may start from.",
  },
} as const satisfies Record<string, NumberSetting>;

/** Size of a translation: its default is the model's native size, and no model takes less than its own smallest. */
export const translationSize = {
  min: 16,
  max: styleTransferNumbers.size.max,
  default: 256,
  integer: true,
  scale: "linear",
  title: "Size",
  help: "Longer side of the result in pixels.",
} as const satisfies NumberSetting;

export type StyleTransferNumber = keyof typeof styleTransferNumbers;

/** Shortest side of a picture under work, px: total variation compares neighbours. */
export const MIN_PICTURE_SIDE = 2;

/** Limits of lists in a style transfer. */
export const styleTransferLimits = { maxStyles: 8, maxStyleWeight: 1e6, maxLayerWeight: 1e6, maxTitleLength: 200 } as const;

/** Learning rate where none is asked for: a step in colour values (0..1) for Adam, a share of the full step for L-BFGS. */
const learningRateDefaults = { ADAM: styleTransferNumbers.learningRate.default, LBFGS: 1 } as const satisfies Record<OptimizerKind, number>;

/** Sizes (px) from which one more scale is painted: VGG-19 sees at most 250 px at once, so large forms need a small picture. */
const SIZES_OF_FURTHER_SCALES = [384, 1024];

/** What every number is where it is left out; the learning rate follows the optimiser, the scales follow the size. */
export function defaultNumbers({
  optimizer,
  size,
}: Pick<StyleTransferSettings, "optimizer" | "size">): Record<StyleTransferNumber, number> {
  const fixed = Object.entries(styleTransferNumbers).map(([name, setting]) => [name, setting.default]);
  return {
    ...(Object.fromEntries(fixed) as Record<StyleTransferNumber, number>),
    learningRate: learningRateDefaults[optimizer],
    scales: 1 + SIZES_OF_FURTHER_SCALES.filter((threshold) => size >= threshold).length,
    size,
  };
}

/** Everything that is not a number, where it is left out. `steps`, `size` and the like stand in `styleTransferNumbers`. */
export const styleTransferDefaults = {
  optimizer: "ADAM",
  initialImage: "CONTENT",
  preserveColors: false,
  contentLayers: [{ layer: "conv4_2", weight: 1 }],
  styleLayers: exponentialWeights(["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"], 0.7),
} as const satisfies Partial<StyleTransferSettings>;

/** Style weights that fall exponentially from shallow to deep: `falloff` to the power of the layer's place, 0 first. */
export function exponentialWeights(layers: readonly string[], falloff: number): LayerWeight[] {
  return layers.map((layer, place) => ({ layer, weight: Number((falloff ** place).toPrecision(6)) }));
}
