/**
 * A model's card, `card.json` in its folder: what it is, which file has its weights, how pictures go in and come out.
 * Cards come from elsewhere: unknown forms are refused with a reason, and no expression in a card is evaluated.
 */
import { AtelierError, badInput } from "../errors.js";
import { formerModelId, type ModelFamily, type PictureKind } from "../records/model.js";
import { type Architecture, isGenerator, minimumSide, parseArchitecture, sideMultiple } from "./architecture.js";
import { asChoice, asCount, asText, countOf, type Fields, fieldsOf, invalidField, isFields, lookUp, textOf } from "./card-fields.js";
import { HEAD_BYTES, substituteFor } from "./file-kind.js";
import { JsonError, parseJson } from "./json.js";

/** What a card's `kind` implies. */
interface Kind {
  task: ModelCard["task"];
  family: ModelFamily;
  /** Extensions of the model's file, as part of a regular expression. */
  extension: string;
  /** Families of architectures that the weights may have. */
  architectures: readonly Architecture["family"][];
}

const kinds = new Map<string, Kind>([
  ["features", { task: "FEATURES", family: "VGG", extension: "safetensors", architectures: ["vgg19", "vgg19-lite"] }],
  ["cyclegan", translator("CYCLEGAN", "resnet-generator", "unet-generator")],
  ["pix2pix", translator("PIX2PIX", "unet-generator", "resnet-generator")],
  ["fast-style", { task: "TRANSLATION", family: "FAST_STYLE", extension: "onnx", architectures: [] }],
  ["generator", translator("OTHER", "resnet-generator", "unet-generator")],
]);

/** Kinds that nothing here runs: several networks with a computation of their own between them. */
const unsupportedKinds: ReadonlySet<unknown> = new Set(["wct"]);

function translator(family: ModelFamily, ...architectures: Architecture["family"][]): Kind {
  return { task: "TRANSLATION", family, extension: "(onnx|safetensors)", architectures };
}

/** Range that a network uses for the bytes 0..255: 0..1, -1..1 or 0..255. */
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
/** Kinds of picture for public models whose cards do not state them. */
const knownTakes: ReadonlyMap<string, PictureKind> = new Map([
  ["pix2pix-edges2cats", "LINE_DRAWING"],
  ["pix2pix-edges2shoes", "LINE_DRAWING"],
  ["pix2pix-facades", "LABEL_MAP"],
]);

/** How pictures (RGB, 1 x 3 x H x W, float32) go into a translator and come out. */
export interface TranslationForm {
  inputName: string;
  outputName: string;
  inputRange: PictureRange;
  outputRange: PictureRange;
  /** The number that both sides must be multiples of, px. */
  sizeMultiple: number;
  /** Shortest side, px. */
  minSize: number;
}

export interface ModelCard {
  /** Lower-case letters, digits, hyphens and underscores. A card in a folder gets the folder's name. */
  id: string;
  title: string;
  task: "FEATURES" | "TRANSLATION";
  family: ModelFamily;
  /** Name of the file beside the card. */
  file: string;
  /** Size of the file. */
  bytes: number;
  /** Checksum of the file, lower-case hex. */
  sha256: string;
  /** Native input size, px. */
  size: number;
  parameters: number;
  licence: string;
  /** Where the weights come from. */
  source: string;
  /** How the file's weights compute; null for an ONNX file, which has its own graph. */
  architecture: Architecture | null;
  /** Null for feature models. */
  translation: TranslationForm | null;
  /** The kind of picture that a translator was made for; null for feature models. */
  takes: PictureKind | null;
}

/** A card written by hand: properties that the file itself shows may be missing, and are null. */
export interface WrittenCard extends Omit<ModelCard, "bytes" | "sha256" | "parameters"> {
  bytes: number | null;
  sha256: string | null;
  parameters: number | null;
}

/** Native size of feature models that state none: that of the crops in ImageNet training, px. */
const IMAGENET_SIZE = 224;
const CAFFE_MEANS = [103.939, 116.779, 123.68];
const NOT_STATED = "not stated";
const MODEL_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Whether a folder with this name can hold a model, whose id the name is. */
export function isModelId(name: string): boolean {
  return MODEL_ID.test(name);
}

/**
 * The card of the model in a folder, with the folder's name as its id.
 * @throws AtelierError BAD_INPUT when the name is not a valid id, or when the card's id is another one. Hyphens for
 * underscores, or the reverse, are allowed: earlier servers took them for the same.
 */
export function cardInFolder<Card extends Pick<ModelCard, "id">>(card: Card, folder: string): Card {
  requireModelId(folder);
  if (formerModelId(card.id) !== formerModelId(folder)) {
    throw badInput("id", `The card's id is ${card.id}, which is not the name of its folder.`);
  }
  return { ...card, id: folder };
}

/** @throws AtelierError BAD_INPUT for a folder's name that is not a valid id. */
export function requireModelId(folder: string): void {
  if (isModelId(folder)) return;
  const form = "1 to 64 lower-case letters, digits, - and _, beginning with a letter or digit";
  throw badInput("id", `Its folder's name is not a valid id: ${form}.`);
}

/**
 * Reads a card; null for a kind that is deliberately not supported.
 * @throws AtelierError BAD_INPUT with the field that is missing or has an unknown form.
 */
export function parseCard(text: string): ModelCard | null {
  const fields = parseFields(text);
  const card = readCard(fields);
  if (!card) return null;
  return { ...card, bytes: countOf(fields, "bytes"), sha256: sha256Of(fields), parameters: countOf(fields, "params") };
}

/**
 * Reads a card that may lack the properties that the file itself shows, and source and licence. @throws AtelierError
 * BAD_INPUT as `parseCard`, and for a kind that is not supported.
 */
export function parseWrittenCard(text: string): WrittenCard {
  const fields = parseFields(text);
  const card = readCard({ licence: NOT_STATED, source: NOT_STATED, ...fields });
  if (!card) throw invalidField("kind", [...kinds.keys()].join(" | "));
  return {
    ...card,
    bytes: fields.bytes === undefined ? null : countOf(fields, "bytes"),
    sha256: fields.sha256 === undefined ? null : sha256Of(fields),
    parameters: fields.params === undefined ? null : countOf(fields, "params"),
  };
}

function readCard(card: Fields): Omit<ModelCard, "bytes" | "sha256" | "parameters"> | null {
  if (unsupportedKinds.has(card.kind)) return null;
  const id = textOf(card, "id", MODEL_ID);
  const { task, family, extension, architectures } = lookUp(kinds, card.kind, "kind");
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

/** As the card states, or as known for public models, or photos. */
function takenBy({ takes }: Fields, id: string): PictureKind {
  return takes === undefined ? (knownTakes.get(formerModelId(id)) ?? "PHOTO") : lookUp(pictureKinds, takes, "takes");
}

/** Null for an ONNX file. A feature model that states none is VGG-19. */
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
    card = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const kind = substituteFor(Buffer.from(text.slice(0, HEAD_BYTES), "latin1"));
    const what = kind === null || kind === "JSON" ? "" : ` It is ${kind}.`;
    throw new AtelierError("BAD_INPUT", `The card is not JSON: ${error.message}.${what}`, {}, { cause: error });
  }
  if (!isFields(card)) throw badInput("card", "The card is not a JSON object.");
  return card;
}

/** Requires the only input that feature models have: BGR, 0..255, minus Caffe's means. */
function requireVggInput(input: Fields): void {
  asChoice(input.layout, ["NCHW"], "input.layout");
  asChoice(input.colour, ["BGR"], "input.colour");
  asChoice(input.range, ["0..255 minus mean"], "input.range");
  const means = input.mean_bgr;
  if (!Array.isArray(means) || means.length !== 3 || CAFFE_MEANS.some((mean, channel) => means[channel] !== mean)) {
    throw invalidField("input.mean_bgr", CAFFE_MEANS.join(", "));
  }
}

function translationForm(card: Fields, architecture: Architecture | null): TranslationForm {
  const [input, output] = [fieldsOf(card, "input"), fieldsOf(card, "output")];
  for (const [name, side] of Object.entries({ input, output })) {
    asChoice(side.layout, ["NCHW"], `${name}.layout`);
    asChoice(side.dtype, ["float32"], `${name}.dtype`);
    asChoice(side.colour, ["RGB"], `${name}.colour`);
  }
  return {
    inputName: textOf(input, "name"),
    outputName: textOf(output, "name"),
    inputRange: lookUp(fromBytes, input.from_uint8, "input.from_uint8"),
    outputRange: lookUp(toBytes, output.to_uint8, "output.to_uint8"),
    ...sizeRules(card, architecture),
  };
}

/** The card's rules for sizes, which must be at least as strict as the architecture's layers. */
function sizeRules(card: Fields, architecture: Architecture | null): Pick<TranslationForm, "sizeMultiple" | "minSize"> {
  const [sizeMultiple, minSize] = [countOf(card, "size_multiple"), countOf(card, "min_size")];
  if (architecture && isGenerator(architecture)) {
    const [multiple, minimum] = [sideMultiple(architecture), minimumSide(architecture)];
    if (sizeMultiple % multiple !== 0) throw invalidField("size_multiple", `a multiple of ${multiple}`);
    if (minSize < minimum) throw invalidField("min_size", `at least ${minimum}`);
  }
  return { sizeMultiple, minSize };
}

/** The longer side of `[height, width]`. */
function nativeSize(value: unknown): number {
  if (!Array.isArray(value) || value.length !== 2) throw invalidField("native_size", "[height, width]");
  return Math.max(...value.map((side) => asCount(side, "native_size")));
}

/** `host/owner/name@commit: path` of one source or several; a text as it is. */
function describeSource(source: unknown): string {
  if (Array.isArray(source) && source.length > 0) return source.map(describeSource).join("; ");
  if (!isFields(source)) return asText(source, "source");
  const commit = source.commit === undefined ? "" : `@${textOf(source, "commit")}`;
  const path = source.path === undefined ? "" : `: ${textOf(source, "path")}`;
  return `${textOf(source, "repository")}${commit}${path}`;
}
