import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { openFeatureNetwork } from "../art/open-feature-network.js";
import { createPainters } from "../art/painters.js";
import type { GeneratorFile } from "../art/work.js";
import type { Engine } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import { FREE, input, tensor } from "../graph/index.js";
import { type DeclaredValue, inspectModel, type OnnxSummary } from "../graph/onnx/inspect.js";
import { WireError } from "../graph/onnx/protobuf-reader.js";
import { elementCount } from "../graph/tensor.js";
import { type Architecture, isGenerator } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import { readSafetensors } from "../models/safetensors.js";

/** A model to be tried, as its card describes it. */
export interface TrialFile {
  id: string;
  /** Absolute. */
  path: string;
  /** Null for an ONNX file. */
  architecture: Architecture | null;
  /** Null for a feature network. */
  form: TranslationForm | null;
}

/** What a trial process says before it ends. */
export type TrialMessage =
  | { type: "started" }
  | {
      type: "passed";
      /** Numbers in the weights. */
      parameters: number;
    }
  | { type: "refused"; reason: string };

/** Shorter side of the picture for the trial, px, where the card allows one so small. */
const TRIAL_SIDE = 64;
/** Longest reason, characters. */
const MAX_REASON = 400;

/**
 * Reads a model's file as its card describes it and runs it once on a small picture that is not square.
 * @throws AtelierError with what is wrong with it.
 */
export async function tryModel(engine: Engine, file: TrialFile): Promise<{ parameters: number }> {
  const { architecture, form } = file;
  if (architecture === null) {
    if (form === null) throw refused("A feature network cannot be an ONNX file.");
    return tryOnnx(engine, file, form);
  }
  const parameters = Object.values(await readSafetensors(file.path)).reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (form !== null && isGenerator(architecture)) await translateOnce(engine, file, form);
  else await measureOnce(engine, { ...file, architecture });
  return { parameters };
}

/** What a client may be told of why a model was refused: no path of this machine. */
export function reasonOf(error: unknown, path: string): string {
  const cause = error instanceof AtelierError && error.cause instanceof Error ? ` ${error.cause.message}` : "";
  const text = `${error instanceof Error ? error.message : String(error)}${cause}`.replaceAll(path, basename(path));
  // Whatever looks like a path, on Windows too; names of nodes that do go with them.
  const clean = text.replace(/(?:[A-Za-z]:)?(?:[\\/][^\s\\/'"()]+){2,}[\\/]?/g, "...").replace(/\s+/g, " ");
  return clean.length > MAX_REASON ? `${clean.slice(0, MAX_REASON)}...` : clean;
}

async function tryOnnx(engine: Engine, file: TrialFile, form: TranslationForm): Promise<{ parameters: number }> {
  const { inputs, outputs, parameters, hasExternalData } = inspected(await readFile(file.path));
  if (hasExternalData) throw refused("Its file keeps weights in other files (external data); all have to be in it.");
  requireOnly(inputs, form.inputName, "input");
  requireOnly(outputs, form.outputName, "output");
  await translateOnce(engine, file, form);
  return { parameters };
}

function inspected(bytes: Uint8Array): OnnxSummary {
  try {
    return inspectModel(bytes);
  } catch (error) {
    if (error instanceof WireError) throw refused(`Its file is no ONNX model: ${error.message}.`);
    throw error;
  }
}

/** One value, of that name, float32, 1 x 3 x H x W with free height and width as far as the file tells. */
function requireOnly(values: readonly DeclaredValue[], name: string, side: "input" | "output"): void {
  const [value] = values;
  if (!value || values.length > 1) throw refused(`Its file has ${values.length} ${side}s, and one is needed.`);
  if (value.name !== name) throw refused(`Its file has no ${side} "${name}"; it is called "${value.name.slice(0, 100)}" there.`);
  if (!value.isFloat32) throw refused(`The ${side} of its file is not float32.`);
  if (value.shape === null) return;
  if (value.shape.length === 4 && value.shape[1] !== 3 && value.shape[3] === 3) {
    const shape = described(value.shape);
    throw refused(`The ${side} of its file is ${shape}: the channels come last (NHWC). Export it with the channels first (NCHW).`);
  }
  const [batch = 0, channels = 0, height = 0, width = 0] = value.shape;
  if (value.shape.length !== 4 || (batch ?? 1) > 1 || (channels ?? 3) !== 3) {
    throw refused(`The ${side} of its file is ${described(value.shape)}, not 1 x 3 x height x width.`);
  }
  if (value.shape.some((size) => size !== null && size < 1)) {
    const shape = described(value.shape);
    throw refused(`The ${side} of its file is ${shape}, and no size is less than 1. Export it with names for free sizes (dynamic axes).`);
  }
  if (side === "input" && (height !== null || width !== null)) {
    throw refused(`The input of its file is ${described(value.shape)}; height and width have to be free (dynamic axes).`);
  }
}

function described(shape: readonly (number | null)[]): string {
  return shape.length === 0 ? "a single number" : shape.map((size) => size ?? "?").join(" x ");
}

/** By the way that sessions go; it tells of wrong shapes and of values that are no colours. */
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
  const answers = await program.run({ picture: tensor([1, 3, TRIAL_SIDE, TRIAL_SIDE], gradient(3 * TRIAL_SIDE ** 2)) });
  if (Object.values(answers).some(({ data }) => data.some((value) => !Number.isFinite(value)))) {
    throw refused("It answers values that are no numbers.");
  }
  await program.close();
}

/** Values from 0 to 1. */
function gradient(length: number): Float32Array {
  return Float32Array.from({ length }, (_, place) => (place % 251) / 250);
}

function refused(reason: string): AtelierError {
  return new AtelierError("UNAVAILABLE", reason);
}
