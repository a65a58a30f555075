import { type InForce, withChange } from "../../../server/records/changes";
import { pngText } from "../../parts/png-text";
import { xmpText } from "../../parts/xmp-text";
import { withoutGrowth } from "../../session/growth";
import { allowedRecipe, type Recipe } from "../../session/recipe";
import { easelTexts } from "../../texts/easel";

const texts = easelTexts.trace;

const KEYWORD = "atelier-trace";
const XMP_PROPERTY = "atelier:trace";
/** Newest form of a trace that is understood here. */
const VERSION = 2;
/** A PNG has its trace at its beginning, within this many bytes. */
const PNG_BYTES = 2_000_000;

/** What an exported picture says about how it was painted. */
export interface FoundTrace {
  /** The trace as it is in the picture. */
  text: string;
  title: string | null;
  /**
   * The settings that were in force at the end, but the size and steps before the painting grew; a value that is missing
   * or not allowed is left to its default.
   */
  recipe: Recipe;
}

type Fields = Record<string, unknown>;

/** The trace in a picture; null where it has none. @throws Error for one that cannot be understood. */
export async function findTrace(file: Blob): Promise<FoundTrace | null> {
  const text =
    pngText(new Uint8Array(await file.slice(0, PNG_BYTES).arrayBuffer()), KEYWORD) ??
    // A WebP has it at its end.
    xmpText(new Uint8Array(await file.arrayBuffer()), XMP_PROPERTY);
  return text === null ? null : traceFromText(text);
}

/** @throws Error for a trace that is damaged or of a newer version. */
export function traceFromText(text: string): FoundTrace {
  const trace = parse(text);
  if (trace.format !== KEYWORD || !isFields(trace.settings)) throw new Error(texts.damaged);
  if (Number(trace.version) > VERSION) throw new Error(texts.newer);
  const changes = Array.isArray(trace.changes) ? trace.changes.filter(isFields).map((change) => change.settings) : [];
  const initial: InForce<Fields, null> = { settings: trace.settings, styles: null };
  const { settings } = withoutGrowth(changes.filter(isFields)).reduce(
    (before, changed) => withChange(before, { settings: changed, styles: null }),
    initial,
  );
  return { text, title: typeof trace.title === "string" ? trace.title : null, recipe: allowedRecipe(settings) };
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
