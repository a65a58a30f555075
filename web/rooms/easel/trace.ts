import {
  initialImages,
  type LayerWeight,
  type NumberSetting,
  optimizers,
  type StyleTransferNumber,
  styleTransferLimits,
  styleTransferNumbers,
} from "../../../server/records/settings";
import { pngText } from "../../parts/png-text";
import { type Recipe, usualRecipe } from "../../session/recipe";

const KEYWORD = "atelier-trace";
/** Newest form of a trace that is understood here. */
const VERSION = 1;
/** The trace stands at the beginning of a picture; it has at most so many bytes. */
const READ_BYTES = 2_000_000;

/** What a picture that was exported here tells of how it was painted. */
export interface FoundTrace {
  /** As it stands in the picture. */
  text: string;
  title: string | null;
  /** The settings that were in force in the end; what is missing or not allowed is as usual. */
  recipe: Recipe;
}

type Fields = Record<string, unknown>;

/** The trace in a picture; null where it has none. @throws Error for one that cannot be understood. */
export async function findTrace(file: Blob): Promise<FoundTrace | null> {
  const text = pngText(new Uint8Array(await file.slice(0, READ_BYTES).arrayBuffer()), KEYWORD);
  return text === null ? null : readTrace(text);
}

/** @throws Error for what is damaged or of a newer version. */
export function readTrace(text: string): FoundTrace {
  const trace = parse(text);
  if (trace.format !== KEYWORD || !isFields(trace.settings)) throw new Error("The settings in this picture are damaged.");
  if (Number(trace.version) > VERSION) throw new Error("The settings in this picture are from a newer version of Atelier.");
  const changes = Array.isArray(trace.changes) ? trace.changes.filter(isFields).map((change) => change.settings) : [];
  const settings: Fields = Object.assign({}, trace.settings, ...changes.filter(isFields));
  return { text, title: typeof trace.title === "string" ? trace.title : null, recipe: recipeOf(settings) };
}

function recipeOf(settings: Fields): Recipe {
  const names = Object.keys(styleTransferNumbers) as StyleTransferNumber[];
  return {
    numbers: Object.fromEntries(
      names.flatMap((name) => (isAllowed(settings[name], styleTransferNumbers[name]) ? [[name, settings[name]]] : [])),
    ),
    optimizer: optimizers.find((value) => value === settings.optimizer) ?? usualRecipe.optimizer,
    initialImage: initialImages.find((value) => value === settings.initialImage) ?? usualRecipe.initialImage,
    preserveColors: settings.preserveColors === true,
    styleLayers: Array.isArray(settings.styleLayers) && settings.styleLayers.every(isLayer) ? settings.styleLayers : null,
    model: typeof settings.model === "string" ? settings.model : null,
  };
}

function isAllowed(value: unknown, { min, max, integer }: NumberSetting): boolean {
  return typeof value === "number" && value >= min && value <= max && (!integer || Number.isInteger(value));
}

function isLayer(value: unknown): value is LayerWeight {
  if (!isFields(value) || typeof value.layer !== "string" || typeof value.weight !== "number") return false;
  return value.weight >= 0 && value.weight <= styleTransferLimits.maxLayerWeight;
}

function parse(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
