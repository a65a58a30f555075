import { type InForce, withChange } from "../../../server/records/changes";
import { type LayerWeight, type Setting, settingNames, styleTransferLimits, styleTransferSettings } from "../../../server/records/settings";
import { pngText } from "../../parts/png-text";
import { controlledNames } from "../../parts/settings";
import type { Recipe } from "../../session/recipe";
import { easelTexts } from "../../texts/easel";

const texts = easelTexts.trace;

const KEYWORD = "atelier-trace";
/** Newest form of a trace that is understood here. */
const VERSION = 1;
/** A trace is at the beginning of its picture and has at most this many bytes. */
const READ_BYTES = 2_000_000;

/** What an exported picture says about how it was painted. */
export interface FoundTrace {
  /** The trace as it is in the picture. */
  text: string;
  title: string | null;
  /** The settings that were in force at the end; a value that is missing or not allowed is left to its default. */
  recipe: Recipe;
}

type Fields = Record<string, unknown>;

/** The trace in a picture; null where it has none. @throws Error for one that cannot be understood. */
export async function findTrace(file: Blob): Promise<FoundTrace | null> {
  const text = pngText(new Uint8Array(await file.slice(0, READ_BYTES).arrayBuffer()), KEYWORD);
  return text === null ? null : traceFromText(text);
}

/** @throws Error for a trace that is damaged or of a newer version. */
export function traceFromText(text: string): FoundTrace {
  const trace = parse(text);
  if (trace.format !== KEYWORD || !isFields(trace.settings)) throw new Error(texts.damaged);
  if (Number(trace.version) > VERSION) throw new Error(texts.newer);
  const changes = Array.isArray(trace.changes) ? trace.changes.filter(isFields).map((change) => change.settings) : [];
  const initial: InForce<Fields, null> = { settings: trace.settings, styles: null };
  const { settings } = changes
    .filter(isFields)
    .reduce((before, changed) => withChange(before, { settings: changed, styles: null }), initial);
  return { text, title: typeof trace.title === "string" ? trace.title : null, recipe: recipeOf(settings) };
}

function recipeOf(settings: Fields): Recipe {
  const read = settingNames.filter((name) => name === "model" || controlledNames.includes(name));
  return Object.fromEntries(
    read.flatMap((name) => (isAllowed(styleTransferSettings[name], settings[name]) ? [[name, settings[name]]] : [])),
  );
}

function isAllowed(setting: Setting, value: unknown): boolean {
  switch (setting.kind) {
    case "number":
      if (typeof value !== "number" || (setting.integer && !Number.isInteger(value))) return false;
      return value >= setting.min && value <= setting.max;
    case "choice":
      return typeof value === "string" && setting.values.includes(value);
    case "flag":
      return typeof value === "boolean";
    case "layers":
      return Array.isArray(value) && value.every(isLayer);
    case "model":
      return typeof value === "string";
  }
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
