import { badInput, outOfRange } from "../../errors.js";
import { type Fields, isFields } from "../../models/card-fields.js";
import { JsonError, parseJson } from "../../models/json.js";
import type { ChangeAtStep, Weighted } from "../../records/changes.js";
import { type ConvolutionMethod, convolutionMethods } from "../../records/convolutions.js";
import { anyStep, MAX_STEP } from "../../records/pictures.js";
import {
  type LayerWeight,
  type Setting,
  type SettingName,
  type StyleTransferSettings,
  settingNames,
  steerableNames,
  styleTransferSettings,
} from "../../records/settings.js";
import { TRACE_FORMAT, TRACE_VERSION, type TracePicture } from "./write.js";

/** Longest trace that is read, characters: enough for 500 points of losses and some thousand changes. */
export const MAX_TRACE_LENGTH = 800_000;

/** Most changes of a trace. */
const MAX_CHANGES = 5000;

/** Longest list of styles or layers, so that a damaged trace is refused early. */
const MAX_LIST = 100;

type TracedStyle = Pick<TracePicture, "sha256">;

/**
 * The part of a trace that a replay needs, with pictures by their SHA-256. Its types are checked, its limits are not.
 */
export interface TraceContent {
  title: string | null;
  contentDigest: string;
  /** Without those that did not exist yet when the trace was written. */
  settings: Partial<StyleTransferSettings>;
  /** DIRECT for a trace that is older than other methods. */
  convolutions: ConvolutionMethod;
  styles: Weighted<TracedStyle>[];
  changes: ChangeAtStep<TracedStyle>[];
}

/** Reads the known fields of a trace; nothing in it is evaluated. @throws AtelierError BAD_INPUT with the field. */
export function readTrace(text: string): TraceContent {
  if (text.length > MAX_TRACE_LENGTH)
    throw badInput("trace", `A trace has at most ${MAX_TRACE_LENGTH} characters.`, MAX_TRACE_LENGTH, {
      ...{ max: MAX_TRACE_LENGTH, unit: "characters" },
    });
  const trace = parse(text);
  if (trace.format !== TRACE_FORMAT)
    throw badInput("trace.format", "This is not a trace of Atelier.", TRACE_FORMAT, { allowed: [TRACE_FORMAT] });
  if (!Number.isInteger(trace.version) || Number(trace.version) < 1)
    throw badInput("trace.version", "The trace's version is damaged.", TRACE_VERSION, { min: 1, max: TRACE_VERSION });
  if (Number(trace.version) > TRACE_VERSION) {
    throw badInput(
      "trace.version",
      `The trace is from a newer version of Atelier: this server reads version ${TRACE_VERSION}.`,
      TRACE_VERSION,
      {
        ...{ min: 1, max: TRACE_VERSION },
      },
    );
  }
  const changes = list(trace.changes ?? [], "trace.changes", MAX_CHANGES);
  return {
    title: (trace.title ?? null) === null ? null : textOf(trace.title, "trace.title"),
    contentDigest: digest(fields(trace.content, "trace.content").sha256, "trace.content.sha256"),
    settings: readSettings(fields(trace.settings, "trace.settings"), "trace.settings", settingNames),
    convolutions: choice(trace.convolutions ?? "DIRECT", convolutionMethods, "trace.convolutions"),
    styles: readStyles(trace.styles, "trace.styles"),
    changes: changes.map((change, index) => readChange(fields(change, `trace.changes.${index}`), `trace.changes.${index}`)),
  };
}

function readChange(change: Fields, at: string): TraceContent["changes"][number] {
  const step = number(change.step, `${at}.step`);
  if (!Number.isInteger(step) || step < 0 || step > MAX_STEP) throw outOfRange(`${at}.step`, anyStep);
  return {
    step,
    settings: readSettings(fields(change.settings, `${at}.settings`), `${at}.settings`, steerableNames),
    styles: (change.styles ?? null) === null ? null : readStyles(change.styles, `${at}.styles`),
  };
}

/** The settings that are there: a trace may be older than some of them. */
function readSettings(values: Fields, at: string, names: readonly SettingName[]): Partial<StyleTransferSettings> {
  const present = names.filter((name) => (values[name] ?? null) !== null);
  return Object.fromEntries(present.map((name) => [name, readSetting(styleTransferSettings[name], values[name], `${at}.${name}`)]));
}

/** A value of the setting's kind. */
function readSetting(setting: Setting, value: unknown, at: string): number | boolean | string | LayerWeight[] {
  switch (setting.kind) {
    case "number":
      return number(value, at);
    case "layers":
      return readLayers(value, at);
    case "choice":
      return choice(value, setting.values, at);
    case "flag":
      return choice(value, [true, false], at);
    case "model":
      return textOf(value, at);
  }
}

function readStyles(value: unknown, at: string): Weighted<TracedStyle>[] {
  return list(value, at, MAX_LIST).map((style, index) => {
    const given = fields(style, `${at}.${index}`);
    return { sha256: digest(given.sha256, `${at}.${index}.sha256`), weight: number(given.weight, `${at}.${index}.weight`) };
  });
}

function readLayers(value: unknown, at: string): LayerWeight[] {
  return list(value, at, MAX_LIST).map((layer, index) => {
    const given = fields(layer, `${at}.${index}`);
    return { layer: textOf(given.layer, `${at}.${index}.layer`), weight: number(given.weight, `${at}.${index}.weight`) };
  });
}

function parse(text: string): Fields {
  try {
    return fields(parseJson(text), "trace");
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw badInput("trace", `The trace is not JSON: ${error.message}.`);
  }
}

function fields(value: unknown, at: string): Fields {
  if (!isFields(value)) throw badInput(at, "The trace is damaged: an object is missing here.");
  return value;
}

function list(value: unknown, at: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max)
    throw badInput(at, `The trace is damaged: a list of at most ${max} is missing here.`, max, { max, unit: "entries" });
  return value;
}

function number(value: unknown, at: string): number {
  if (typeof value !== "number") throw badInput(at, "The trace is damaged: a number is missing here.");
  return value;
}

function textOf(value: unknown, at: string): string {
  if (typeof value !== "string" || value.length > 1000) throw badInput(at, "The trace is damaged: a text is missing here.");
  return value;
}

function digest(value: unknown, at: string): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw badInput(at, "The trace is damaged: a SHA-256 is missing here.");
  return value;
}

function choice<Value extends string | boolean>(value: unknown, choices: readonly Value[], at: string): Value {
  const found = choices.find((known) => known === value);
  if (found === undefined)
    throw badInput(at, `The trace is damaged: one of ${choices.join(", ")} is missing here.`, choices.join(", "), {
      allowed: choices.map(String),
    });
  return found;
}
