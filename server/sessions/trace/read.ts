import { type Fields, isFields } from "../../models/card-fields.js";
import { initialImages, optimizers, type SteeredSettings, type StyleTransferNumber, styleTransferNumbers } from "../../records/settings.js";
import { AtelierError } from "../../errors.js";
import type { SteeringInput } from "../steering-input.js";
import type { StyleTransferInput } from "../style-transfer-input.js";
import { TRACE_FORMAT, TRACE_VERSION } from "./write.js";

/** Longest trace that is read, characters: 500 points of losses and some thousand changes. */
export const MAX_TRACE_LENGTH = 800_000;

/** Most changes of a trace. */
const MAX_CHANGES = 5000;

/** What a trace asks for, with pictures by their SHA-256; its numbers are not checked yet. */
export interface TraceContent {
  title: string | null;
  contentDigest: string;
  settings: Omit<StyleTransferInput, "contentId" | "styles" | "title">;
  styles: TraceStyleContent[];
  changes: { step: number; settings: Omit<SteeringInput, "styles">; styles: TraceStyleContent[] | null }[];
}

interface TraceStyleContent {
  digest: string;
  weight: number;
}

/** Reads a trace: known forms alone, nothing is evaluated. @throws AtelierError BAD_INPUT with the field. */
export function readTrace(text: string): TraceContent {
  if (text.length > MAX_TRACE_LENGTH) throw badTrace("trace", `A trace has at most ${MAX_TRACE_LENGTH} characters.`, MAX_TRACE_LENGTH);
  const trace = parse(text);
  if (trace.format !== TRACE_FORMAT) throw badTrace("trace.format", "This is no trace of Atelier.", TRACE_FORMAT);
  if (!Number.isInteger(trace.version) || Number(trace.version) < 1) throw badTrace("trace.version", "The trace's version is damaged.");
  if (Number(trace.version) > TRACE_VERSION) {
    throw badTrace("trace.version", "The trace is from a newer version of Atelier than this server.", TRACE_VERSION);
  }
  const changes = list(trace.changes, "trace.changes", MAX_CHANGES);
  return {
    title: trace.title === null ? null : textOf(trace.title, "trace.title"),
    contentDigest: digest(fields(trace.content, "trace.content").sha256, "trace.content.sha256"),
    settings: readSettings(fields(trace.settings, "trace.settings")),
    styles: readStyles(trace.styles, "trace.styles"),
    changes: changes.map((change, index) => readChange(fields(change, `trace.changes.${index}`), `trace.changes.${index}`)),
  };
}

function readSettings(settings: Fields): TraceContent["settings"] {
  const at = (name: string) => `trace.settings.${name}`;
  const numbers = Object.fromEntries(
    (Object.keys(styleTransferNumbers) as StyleTransferNumber[]).map((name) => [name, number(settings[name], at(name))]),
  ) as Record<StyleTransferNumber, number>;
  return {
    ...numbers,
    contentLayers: readLayers(settings.contentLayers, at("contentLayers")),
    styleLayers: readLayers(settings.styleLayers, at("styleLayers")),
    optimizer: choice(settings.optimizer, optimizers, at("optimizer")),
    initialImage: choice(settings.initialImage, initialImages, at("initialImage")),
    preserveColors: choice(settings.preserveColors, [true, false], at("preserveColors")),
    model: textOf(settings.model, at("model")),
  };
}

function readChange(change: Fields, at: string): TraceContent["changes"][number] {
  const given = fields(change.settings, `${at}.settings`);
  const settings: SteeredSettings = {};
  for (const name of ["alpha", "beta", "gamma", "learningRate", "steps"] as const) {
    if (given[name] !== undefined) settings[name] = number(given[name], `${at}.settings.${name}`);
  }
  if (given.styleLayers !== undefined) settings.styleLayers = readLayers(given.styleLayers, `${at}.settings.styleLayers`);
  const step = number(change.step, `${at}.step`);
  if (!Number.isInteger(step) || step < 0) throw badTrace(`${at}.step`, "A step is a whole number from 0.", 0);
  return { step, settings, styles: change.styles === null ? null : readStyles(change.styles, `${at}.styles`) };
}

function readStyles(value: unknown, at: string): TraceStyleContent[] {
  return list(value, at, 100).map((style, index) => {
    const given = fields(style, `${at}.${index}`);
    return { digest: digest(given.sha256, `${at}.${index}.sha256`), weight: number(given.weight, `${at}.${index}.weight`) };
  });
}

function readLayers(value: unknown, at: string): { layer: string; weight: number }[] {
  return list(value, at, 100).map((layer, index) => {
    const given = fields(layer, `${at}.${index}`);
    return { layer: textOf(given.layer, `${at}.${index}.layer`), weight: number(given.weight, `${at}.${index}.weight`) };
  });
}

function parse(text: string): Fields {
  try {
    return fields(JSON.parse(text), "trace");
  } catch (error) {
    if (error instanceof AtelierError) throw error;
    throw badTrace("trace", "The trace is no JSON, or damaged.");
  }
}

function fields(value: unknown, at: string): Fields {
  if (!isFields(value)) throw badTrace(at, "The trace is damaged: an object is missing here.");
  return value;
}

function list(value: unknown, at: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max)
    throw badTrace(at, `The trace is damaged: a list of at most ${max} is missing here.`, max);
  return value;
}

function number(value: unknown, at: string): number {
  if (typeof value !== "number") throw badTrace(at, "The trace is damaged: a number is missing here.");
  return value;
}

function textOf(value: unknown, at: string): string {
  if (typeof value !== "string" || value.length > 1000) throw badTrace(at, "The trace is damaged: a text is missing here.");
  return value;
}

function digest(value: unknown, at: string): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw badTrace(at, "The trace is damaged: a SHA-256 is missing here.");
  return value;
}

function choice<Value extends string | boolean>(value: unknown, choices: readonly Value[], at: string): Value {
  const found = choices.find((known) => known === value);
  if (found === undefined) throw badTrace(at, `The trace is damaged: one of ${choices.join(", ")} is missing here.`);
  return found;
}

/** The error for a trace that cannot be used. */
export function badTrace(field: string, message: string, limit?: string | number): AtelierError {
  return new AtelierError("BAD_INPUT", message, { field, ...(limit === undefined ? {} : { limit }) });
}
