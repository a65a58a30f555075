import { asChoice, asCount, asList, asText, type Fields, fieldsOf, invalidField, isFields } from "./card-fields.js";

/** A convolution of vgg19-lite's trunk (3x3, then relu), with the tap that reads it. */
export interface LiteConvolution {
  /** Output channels. */
  readonly channels: number;
  /** A linear 1x1 convolution, named after the layer of VGG-19 that it predicts; null for none. */
  readonly tap: { readonly layer: string; readonly components: number } | null;
}

/** A small stand-in for VGG-19: blocks of thin convolutions, with 2x2 average pooling between blocks. */
export interface Vgg19LiteArchitecture {
  readonly family: "vgg19-lite";
  readonly blocks: readonly { readonly padding: "reflect" | "zeros"; readonly convolutions: readonly LiteConvolution[] }[];
}

/** How a generator normalises the values of a channel. */
export interface Normalisation {
  readonly norm: "instance" | "batch";
  /** Whether the weights have a scale and a shift for each channel; always with batch norm. */
  readonly affine: boolean;
  /** Whose mean and variance are used: those of the picture itself, always with instance norm, or those of training. */
  readonly statistics: "picture" | "training";
}
/** How a generator doubles the side: by nearest neighbours and a 3x3 convolution, or by a transposed convolution. */
export type Upsampling = "nearest" | "transposed";

/**
 * The generator of CycleGAN (Zhu, Park, Isola, Efros 2017), after Johnson, Alahi and Fei-Fei (2016): two halvings,
 * residual blocks, two doublings, with mirrored borders; 3 channels in and out.
 */
export interface ResNetGeneratorArchitecture extends Normalisation {
  readonly family: "resnet-generator";
  /** Channels at full, half and quarter side. */
  readonly channels: readonly [number, number, number];
  /** Residual blocks: 6 for 128 px and 9 for 256 px in the paper. */
  readonly blocks: number;
  readonly upsampling: Upsampling;
  /** Whether residual blocks use depthwise and 1x1 convolutions, as in GAN Compression (Li et al. 2020). */
  readonly separable: boolean;
  /** Whether the residual blocks had dropout in training, which shifts the numbers in tensor names. */
  readonly dropout: boolean;
}

/** The generator of pix2pix (Isola, Zhu, Zhou, Efros 2017): a U-Net with skip connections; 3 channels in and out. */
export interface UNetGeneratorArchitecture extends Normalisation {
  readonly family: "unet-generator";
  /** Channels of the levels from the outermost in, each level at half the side; 64, 128, ... 512 in the paper. */
  readonly channels: readonly number[];
  readonly upsampling: Upsampling;
}

export type GeneratorArchitecture = ResNetGeneratorArchitecture | UNetGeneratorArchitecture;

/** How weights without a graph of their own compute. */
export type Architecture = { readonly family: "vgg19" } | Vgg19LiteArchitecture | GeneratorArchitecture;

// Limits above what any network of these families has; they keep a card from asking for all memory.
const MAX_CHANNELS = 1024;
const MAX_CONVOLUTIONS = 16;
const MAX_LITE_BLOCKS = 8;
const MAX_RESIDUAL_BLOCKS = 32;
const MAX_LEVELS = 10;
const RESNET_WIDTHS = 3;

const parsers = new Map<unknown, (fields: Fields) => Architecture>([
  ["vgg19", () => ({ family: "vgg19" })],
  ["vgg19-lite", parseVgg19Lite],
  ["resnet-generator", parseResNetGenerator],
  ["unet-generator", parseUNetGenerator],
]);

/**
 * Reads a card's `architecture`.
 * @throws AtelierError BAD_INPUT with the field that has an unknown form or is out of bounds.
 */
export function parseArchitecture(card: Fields): Architecture {
  const fields = fieldsOf(card, "architecture");
  const parse = parsers.get(fields.family);
  if (!parse) throw invalidField(pathOf("family"), [...parsers.keys()].join(" | "));
  return parse(fields);
}

/** Whether networks of this architecture turn one picture into another. */
export function isGenerator(architecture: Architecture): architecture is GeneratorArchitecture {
  return architecture.family === "resnet-generator" || architecture.family === "unet-generator";
}

/** The number that both sides of a generator's picture must be multiples of, px. */
export function sideMultiple(architecture: GeneratorArchitecture): number {
  return architecture.family === "resnet-generator" ? 4 : 2 ** architecture.channels.length;
}

/** The shortest side that a generator accepts, px; the ResNet mirrors a border of one at a quarter of the side. */
export function minimumSide(architecture: GeneratorArchitecture): number {
  return architecture.family === "resnet-generator" ? 8 : sideMultiple(architecture);
}

/** Path of a field within the card, for errors. */
function pathOf(field: string): string {
  return `architecture.${field}`;
}

function parseVgg19Lite(fields: Fields): Vgg19LiteArchitecture {
  requireFixed(fields, { kernel: 3, stride: 1, groups: 1, dilation: 1 });
  const blocks = asList(fields.blocks, MAX_LITE_BLOCKS, pathOf("blocks"));
  const paddings = asList(fields.padding, MAX_LITE_BLOCKS, pathOf("padding"));
  if (paddings.length !== blocks.length) throw invalidField(pathOf("padding"), `${blocks.length} entries`);
  const parsed = blocks.map((block, index) => ({
    padding: asChoice(paddings[index], ["reflect", "zeros"], pathOf("padding")),
    convolutions: asList(block, MAX_CONVOLUTIONS, pathOf("blocks")).map(parseLiteConvolution),
  }));
  const layers = parsed.flatMap(({ convolutions }) => convolutions.flatMap(({ tap }) => (tap ? [tap.layer] : [])));
  if (layers.length === 0 || new Set(layers).size < layers.length) throw invalidField(pathOf("blocks"), "taps with different names");
  return { family: "vgg19-lite", blocks: parsed };
}

function parseLiteConvolution(value: unknown): LiteConvolution {
  if (!isFields(value)) throw invalidField(pathOf("blocks"), "lists of objects");
  const channels = asCount(value.channels, pathOf("blocks.channels"), MAX_CHANNELS);
  if (value.tap === undefined) return { channels, tap: null };
  const layer = asText(value.tap, pathOf("blocks.tap"), /^conv[1-9]_[1-9]$/);
  return { channels, tap: { layer, components: asCount(value.components, pathOf("blocks.components"), MAX_CHANNELS) } };
}

function parseResNetGenerator(fields: Fields): ResNetGeneratorArchitecture {
  requireFixed(fields, { inputChannels: 3, outputChannels: 3, padding: "reflect", eps: 1e-5 });
  const [first, second, third, ...more] = channelsOf(fields, RESNET_WIDTHS);
  if (first === undefined || second === undefined || third === undefined || more.length > 0)
    throw invalidField(pathOf("channels"), `${RESNET_WIDTHS} widths`);
  return {
    family: "resnet-generator",
    channels: [first, second, third],
    blocks: asCount(fields.blocks, pathOf("blocks"), MAX_RESIDUAL_BLOCKS),
    ...normalisationOf(fields),
    upsampling: asChoice(fields.upsampling, ["nearest", "transposed"], pathOf("upsampling")),
    separable: asChoice(fields.separable ?? false, [true, false], pathOf("separable")),
    dropout: asChoice(fields.dropout ?? false, [true, false], pathOf("dropout")),
  };
}

function parseUNetGenerator(fields: Fields): UNetGeneratorArchitecture {
  requireFixed(fields, { inputChannels: 3, outputChannels: 3, padding: "zeros", eps: 1e-5 });
  const channels = channelsOf(fields, MAX_LEVELS);
  if (channels.length < 2) throw invalidField(pathOf("channels"), `2 to ${MAX_LEVELS} widths`);
  return {
    family: "unet-generator",
    channels,
    ...normalisationOf(fields),
    upsampling: asChoice(fields.upsampling, ["nearest", "transposed"], pathOf("upsampling")),
  };
}

function channelsOf(fields: Fields, max: number): number[] {
  return asList(fields.channels, max, pathOf("channels")).map((width) => asCount(width, pathOf("channels"), MAX_CHANNELS));
}

/**
 * The test script of the original code leaves its networks in training mode, so batch norm uses the statistics of the
 * picture: that is what users of such weights have seen, and the default.
 */
function normalisationOf(fields: Fields): Normalisation {
  const norm = asChoice(fields.norm, ["instance", "batch"], pathOf("norm"));
  const isBatch = norm === "batch";
  return {
    norm,
    affine: asChoice(fields.affine ?? isBatch, isBatch ? [true] : [true, false], pathOf("affine")),
    statistics: asChoice(fields.statistics ?? "picture", isBatch ? ["picture", "training"] : ["picture"], pathOf("statistics")),
  };
}

/** Requires fixed properties to have the value that is built here, where the card states them. */
function requireFixed(fields: Fields, fixed: Readonly<Record<string, string | number | boolean>>): void {
  for (const [name, value] of Object.entries(fixed)) if (fields[name] !== undefined) asChoice(fields[name], [value], pathOf(name));
}
