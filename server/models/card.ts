/**
 * A model's card, `card.json` in its folder: what it is, which file holds it, how pictures go in and come out. Cards are
 * data of others: what is not of a known form is refused with a reason, and no expression in them is evaluated.
 */
import { AtelierError } from "../errors.js";
import type { PictureKind } from "../records/model.js";
import { type Architecture, isGenerator, minimumSide, parseArchitecture, sideMultiple } from "./architecture.js";
import { asChoice, asCount, countOf, type Fields, fieldsOf, isFields, oneOf, textOf, unknownForm } from "./card-fields.js";

/** Kinds of cards: what they are for, whose family they are of, in which formats they come, and what architectures the weights have. */
const kinds = new Map([
  ["features", { task: "FEATURES", family: "VGG", extension: "safetensors", architectures: ["vgg19", "vgg19-lite"] }],
  [
    "cyclegan",
    { task: "TRANSLATION", family: "CYCLEGAN", extension: "(onnx|safetensors)", architectures: ["resnet-generator", "unet-generator"] },
  ],
  [
    "pix2pix",
    { task: "TRANSLATION", family: "PIX2PIX", extension: "(onnx|safetensors)", architectures: ["unet-generator", "resnet-generator"] },
  ],
  ["fast-style", { task: "TRANSLATION", family: "FAST_STYLE", extension: "onnx", architectures: [] }],
  [
    "generator",
    { task: "TRANSLATION", family: "OTHER", extension: "(onnx|safetensors)", architectures: ["resnet-generator", "unet-generator"] },
  ],
] as const);
/** Kinds that nothing here runs: several networks with a computation of their own between them. */
const leftOut: ReadonlySet<unknown> = new Set(["wct"]);
type Kind = typeof kinds extends ReadonlyMap<string, infer Value> ? Value : never;

/** What 0..255 of a byte is at the network's side: 0..1, -1..1 or 0..255. */
export type PictureRange = "UNIT" | "SIGNED" | "BYTE";

const fromBytes = new Map<string, PictureRange>([
  ["v/255", "UNIT"],
  ["v/127.5-1", "SIGNED"],
  ["v", "BYTE"],
]);
const toBytes = new Map<string, PictureRange>([
  ["clamp(round(v*255),0,255)", "UNIT"],
  ["clamp(round((v+1)*127.5),0,255)", "SIGNED"],
  ["clamp(round(v),0,255)", "BYTE"],
]);

const pictureKinds = new Map<string, PictureKind>([
  ["photo", "PHOTO"],
  ["line-drawing", "LINE_DRAWING"],
  ["label-map", "LABEL_MAP"],
]);
/** Public networks whose cards do not say it. */
const takenByKnown: ReadonlyMap<string, PictureKind> = new Map([
  ["pix2pix-edges2cats", "LINE_DRAWING"],
  ["pix2pix-edges2shoes", "LINE_DRAWING"],
  ["pix2pix-facades", "LABEL_MAP"],
]);

/** How a network that turns one RGB picture (1 x 3 x H x W, float32) into another is fed. */
export interface TranslationForm {
  inputName: string;
  outputName: string;
  inputRange: PictureRange;
  outputRange: PictureRange;
  /** Both sides are multiples of this, px. */
  sizeMultiple: number;
  /** Of both sides, px. */
  minSize: number;
}

export interface ModelCard {
  /** Lower-case letters, digits and hyphens; an underscore in the card or folder's name is a hyphen here. */
  id: string;
  title: string;
  task: Kind["task"];
  family: Kind["family"];
  /** Name of the file beside the card. */
  file: string;
  /** Of the file. */
  bytes: number;
  /** Of the file, lower-case hex. */
  sha256: string;
  /** Native input size, px. */
  size: number;
  parameters: number;
  licence: string;
  /** Where the weights come from. */
  source: string;
  /** How the file's weights compute; null for an ONNX file, which brings its own graph. */
  architecture: Architecture | null;
  /** Null for feature networks. */
  translation: TranslationForm | null;
  /** What pictures a translator was made for; null for feature networks. */
  takes: PictureKind | null;
}

/** A card as somebody wrote it by hand: what can be found out from the file may be left out, and is null. */
export interface WrittenCard extends Omit<ModelCard, "bytes" | "sha256" | "parameters"> {
  bytes: number | null;
  sha256: string | null;
  parameters: number | null;
}

/** ImageNet networks without a native size of their own were trained on crops of this size, px. */
const IMAGENET_SIZE = 224;
const CAFFE_MEANS = [103.939, 116.779, 123.68];
const NOT_STATED = "not stated";
const FOLDER = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The id of the model in a folder; null for a folder whose name cannot be one. */
export function modelId(folder: string): string | null {
  return FOLDER.test(folder) ? folder.replaceAll("_", "-") : null;
}

/**
 * Reads a card; null for one of a kind that is left out on purpose. @throws AtelierError BAD_INPUT with the field that is
 * missing or of an unknown form.
 */
export function parseCard(text: string): ModelCard | null {
  const fields = parseFields(text);
  const card = readCard(fields);
  if (!card) return null;
  return { ...card, bytes: countOf(fields, "bytes"), sha256: sha256Of(fields), parameters: countOf(fields, "params") };
}

/**
 * The same for a card in a folder that somebody dropped in: what the file itself tells may be left out, and source and
 * licence too. @throws AtelierError BAD_INPUT also for a kind that is left out.
 */
export function parseWrittenCard(text: string): WrittenCard {
  const fields = parseFields(text);
  const card = readCard({ licence: NOT_STATED, source: NOT_STATED, ...fields });
  if (!card) throw unknownForm("kind", [...kinds.keys()].join(" | "));
  return {
    ...card,
    bytes: fields.bytes === undefined ? null : countOf(fields, "bytes"),
    sha256: fields.sha256 === undefined ? null : sha256Of(fields),
    parameters: fields.params === undefined ? null : countOf(fields, "params"),
  };
}

function readCard(card: Fields): Omit<ModelCard, "bytes" | "sha256" | "parameters"> | null {
  if (leftOut.has(card.kind)) return null;
  const id = modelId(textOf(card, "id"));
  if (id === null) throw unknownForm("id", String(FOLDER));
  const { task, family, extension, architectures } = oneOf<Kind>(kinds, card.kind, "kind");
  if (task === "FEATURES") requireVggInput(fieldsOf(card, "input"));
  const file = textOf(card, "model", new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]*\\.${extension}$`));
  const architecture = architectureOf(card, file, architectures);
  return {
    id,
    title: textOf(card, "title"),
    task,
    family,
    file,
    size: card.native_size === undefined && task === "FEATURES" ? IMAGENET_SIZE : nativeSize(card.native_size),
    licence: textOf(card, "licence"),
    source: describeSource(card.source),
    architecture,
    translation: task === "TRANSLATION" ? translationForm(card, architecture) : null,
    takes: task === "TRANSLATION" ? takenBy(card, id) : null,
  };
}

function sha256Of(card: Fields): string {
  return textOf(card, "sha256", /^[0-9a-f]{64}$/);
}

/** As the card says, else as is known of a public network; else photos. */
function takenBy({ takes }: Fields, id: string): PictureKind {
  return takes === undefined ? (takenByKnown.get(id) ?? "PHOTO") : oneOf(pictureKinds, takes, "takes");
}

/** Null for an ONNX file. A feature network without one is VGG-19 itself. */
function architectureOf(card: Fields, file: string, allowed: readonly Architecture["family"][]): Architecture | null {
  if (file.endsWith(".onnx")) return null;
  if (card.architecture === undefined && card.kind === "features") return { family: "vgg19" };
  const architecture = parseArchitecture(card);
  asChoice(architecture.family, allowed, "architecture.family");
  return architecture;
}

function parseFields(text: string): Fields {
  let card: unknown;
  try {
    card = JSON.parse(text);
  } catch (error) {
    throw new AtelierError("BAD_INPUT", "The card is not JSON.", {}, { cause: error });
  }
  if (!isFields(card)) throw new AtelierError("BAD_INPUT", "The card is not a JSON object.");
  return card;
}

/** The only form in which a feature network takes pictures: BGR, 0..255, minus Caffe's means. */
function requireVggInput(input: Fields): void {
  oneOf(new Map([["NCHW", true]]), input.layout, "input.layout");
  oneOf(new Map([["BGR", true]]), input.colour, "input.colour");
  oneOf(new Map([["0..255 minus mean", true]]), input.range, "input.range");
  const means = input.mean_bgr;
  if (!Array.isArray(means) || means.length !== 3 || CAFFE_MEANS.some((mean, channel) => means[channel] !== mean)) {
    throw unknownForm("input.mean_bgr", CAFFE_MEANS.join(", "));
  }
}

function translationForm(card: Fields, architecture: Architecture | null): TranslationForm {
  const [input, output] = [fieldsOf(card, "input"), fieldsOf(card, "output")];
  for (const [name, side] of Object.entries({ input, output })) {
    oneOf(new Map([["NCHW", true]]), side.layout, `${name}.layout`);
    oneOf(new Map([["float32", true]]), side.dtype, `${name}.dtype`);
    oneOf(new Map([["RGB", true]]), side.colour, `${name}.colour`);
  }
  return {
    inputName: textOf(input, "name"),
    outputName: textOf(output, "name"),
    inputRange: oneOf(fromBytes, input.from_uint8, "input.from_uint8"),
    outputRange: oneOf(toBytes, output.to_uint8, "output.to_uint8"),
    ...sizeRules(card, architecture),
  };
}

/** An architecture can be no less strict about sizes than its layers are. */
function sizeRules(card: Fields, architecture: Architecture | null): Pick<TranslationForm, "sizeMultiple" | "minSize"> {
  const [sizeMultiple, minSize] = [countOf(card, "size_multiple"), countOf(card, "min_size")];
  if (architecture && isGenerator(architecture)) {
    const [multiple, minimum] = [sideMultiple(architecture), minimumSide(architecture)];
    if (sizeMultiple % multiple !== 0) throw unknownForm("size_multiple", `a multiple of ${multiple}`);
    if (minSize < minimum) throw unknownForm("min_size", `at least ${minimum}`);
  }
  return { sizeMultiple, minSize };
}

/** `[height, width]`; the longer side. */
function nativeSize(value: unknown): number {
  if (!Array.isArray(value) || value.length !== 2) throw unknownForm("native_size", "[height, width]");
  return Math.max(...value.map((side) => asCount(side, "native_size")));
}

/** `host/owner/name@commit: path` of a source, or of several; a text stands for itself. */
function describeSource(source: unknown): string {
  if (Array.isArray(source) && source.length > 0) return source.map(describeSource).join("; ");
  if (!isFields(source)) return textOf({ source }, "source");
  const commit = source.commit === undefined ? "" : `@${textOf(source, "commit")}`;
  const path = source.path === undefined ? "" : `: ${textOf(source, "path")}`;
  return `${textOf(source, "repository")}${commit}${path}`;
}
