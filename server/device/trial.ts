import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { openFeatureNetwork } from "../art/feature-network.js";
import { createPainters } from "../art/painters.js";
import type { GeneratorFile } from "../art/work.js";
import type { Engine } from "../engine/engine.js";
import { AtelierError, messageOf, unavailable } from "../errors.js";
import { FREE, input } from "../graph/node.js";
import { type DeclaredValue, inspectModel, type OnnxSummary } from "../graph/onnx/inspect.js";
import { WireError } from "../graph/onnx/protobuf-reader.js";
import { elementCount, tensor } from "../graph/tensor.js";
import { type Architecture, isGenerator } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import { readSafetensors } from "../models/safetensors.js";

/** A model to try, as its card describes it. */
export interface TrialFile {
  id: string;
  /** Absolute path of its file. */
  path: string;
  /** Null for an ONNX file. */
  architecture: Architecture | null;
  /** Null for a feature network. */
  form: TranslationForm | null;
}

/** What a trial process sends before it exits. */
export type TrialMessage =
  | { type: "started" }
  | {
      type: "passed";
      /** How many numbers its weights hold. */
      parameters: number;
    }
  | { type: "refused"; reason: string }
  /** The device failed, which says nothing about the model. */
  | { type: "cutShort"; reason: string };

/** Shorter side of the picture for the trial, px; longer where the card requires it. */
const TRIAL_SIDE = 64;
/** Length of the longest reason, characters. */
const MAX_REASON = 400;

/**
 * Reads a model's file as its card describes it and runs it once: a generator on a small picture that is not square, a
 * feature network on a square of 64 px.
 * @throws AtelierError that says what is wrong with the model.
 */
export async function tryModel(engine: Engine, file: TrialFile): Promise<{ parameters: number }> {
  const { architecture, form } = file;
  if (architecture === null) {
    if (form === null) throw unavailable("A feature network cannot be an ONNX file.");
    return tryOnnx(engine, file, form);
  }
  const parameters = Object.values(await readSafetensors(file.path)).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (form !== null && isGenerator(architecture)) await translateOnce(engine, file, form);
  else await measureOnce(engine, { ...file, architecture });
  return { parameters };
}

/** The reason for a refusal as clients may see it: without paths of this machine. */
export function reasonOf(error: unknown, path: string): string {
  const cause = error instanceof AtelierError && error.cause instanceof Error ? ` ${error.cause.message}` : "";
  const text = `${messageOf(error)}${cause}`.replaceAll(path, basename(path));
  // Replaces all that looks like a path, on Windows too, even if it is the name of a node.
  const clean = text.replace(/(?:[A-Za-z]:)?(?:[\\/][^\s\\/'"()]+){2,}[\\/]?/g, "...").replace(/\s+/g, " ");
  return clean.length > MAX_REASON ? `${clean.slice(0, MAX_REASON)}...` : clean;
}

async function tryOnnx(engine: Engine, file: TrialFile, form: TranslationForm): Promise<{ parameters: number }> {
  const { inputs, outputs, parameters, hasExternalData } = inspected(await readFile(file.path));
  if (hasExternalData)
    throw unavailable("Its file keeps weights in other files (external data); all of them have to be in the file itself.");
  requireOnly(inputs, form.inputName, "input");
  requireOnly(outputs, form.outputName, "output");
  await translateOnce(engine, file, form);
  return { parameters };
}

function inspected(bytes: Uint8Array): OnnxSummary {
  try {
    return inspectModel(bytes);
  } catch (error) {
    if (error instanceof WireError) throw unavailable(`Its file is no ONNX model: ${error.message}.`);
    throw error;
  }
}

/**
 * Requires exactly one value: of that name, float32, and 1 x 3 x H x W with free height and width as far as the file
 * declares a shape.
 */
function requireOnly(values: readonly DeclaredValue[], name: string, side: "input" | "output"): void {
  const [value] = values;
  if (!value || values.length > 1) throw unavailable(`Its file has ${values.length} ${side}s; it must have exactly one.`);
  if (value.name !== name) throw unavailable(`Its file has no ${side} "${name}"; it is called "${value.name.slice(0, 100)}" there.`);
  if (!value.isFloat32) throw unavailable(`The ${side} of its file is not float32.`);
  if (value.shape === null) return;
  if (value.shape.length === 4 && value.shape[1] !== 3 && value.shape[3] === 3) {
    const shape = described(value.shape);
    throw unavailable(`The ${side} of its file is ${shape}: the channels come last (NHWC). Export it with the channels first (NCHW).`);
  }
  const [batch = 0, channels = 0, height = 0, width = 0] = value.shape;
  if (value.shape.length !== 4 || (batch ?? 1) > 1 || (channels ?? 3) !== 3) {
    throw unavailable(`The ${side} of its file is ${described(value.shape)}, not 1 x 3 x height x width.`);
  }
  if (value.shape.some((size) => size !== null && size < 1)) {
    const shape = described(value.shape);
    throw unavailable(
      `The ${side} of its file is ${shape}, and no size is less than 1. Export it with names for free sizes (dynamic axes).`,
    );
  }
  if (side === "input" && (height !== null || width !== null)) {
    throw unavailable(`The input of its file is ${described(value.shape)}; height and width have to be free (dynamic axes).`);
  }
}

function described(shape: readonly (number | null)[]): string {
  return shape.length === 0 ? "a single number" : shape.map((size) => size ?? "?").join(" x ");
}

/** Translates a picture as live sessions do, which refuses wrong shapes and values that are no colours. */
async function translateOnce(engine: Engine, file: TrialFile, form: TranslationForm): Promise<void> {
  const multiples = Math.ceil(Math.max(form.minSize, TRIAL_SIDE) / form.sizeMultiple);
  const [height, width] = [multiples * form.sizeMultiple, (multiples + 1) * form.sizeMultiple];
  const generator: GeneratorFile = { ...file, sha256: "", form };
  const translator = await createPainters(engine).openLive({ kind: "LIVE_TRANSLATION", generator, size: width });
  await translator.translate({ width, height, data: Uint8Array.from({ length: 3 * height * width }, (_, place) => place % 251) });
  await translator.close();
}

async function measureOnce(engine: Engine, file: TrialFile & { architecture: Architecture }): Promise<void> {
  const network = await openFeatureNetwork(file);
  const features = network.features(input("picture", [1, 3, FREE, FREE]), network.layers);
  const program = await engine.open(features, { outputs: network.layers });
  const outputs = await program.run({ picture: tensor([1, 3, TRIAL_SIDE, TRIAL_SIDE], gradient(3 * TRIAL_SIDE ** 2)) });
  if (Object.values(outputs).some(({ data }) => data.some((value) => !Number.isFinite(value)))) {
    throw unavailable("Its features hold NaN or infinite values.");
  }
  await program.close();
}

/** Values from 0 to 1, rising and starting again. */
function gradient(length: number): Float32Array {
  return Float32Array.from({ length }, (_, place) => (place % 251) / 250);
}
