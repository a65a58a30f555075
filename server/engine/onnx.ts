import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { AtelierError, type ErrorCode, messageOf, unavailable } from "../errors.js";
import type { Graph } from "../graph/node.js";
import { withSizes } from "../graph/sizes.js";
import type { Tensor } from "../graph/tensor.js";
import { toFedOnnx } from "../graph/to-onnx.js";
import { transformedByteLength, withWinograd } from "../graph/winograd.js";
import { type CompiledGraph, checkedInputs, compile } from "./compile.js";
import type { Engine, Program, ProgramRequest } from "./engine.js";
import { type OnnxProvider, onCpu } from "./onnx-providers.js";
import { type FedSession, InferenceSessionPerSize, type InferenceSessions, type Inputs, OneInferenceSession } from "./onnx-sessions.js";

/**
 * Weights up to which a program with a gradient is opened for each size, bytes. ONNX Runtime moves less memory where it
 * knows the sizes, which saves a seventh of a thin network's run; opening takes as long as four runs. VGG-19 would gain
 * only a twenty-fifth, and hold at least 100 MB for each size.
 */
const MAX_THIN_WEIGHTS = 16 * 2 ** 20;

/**
 * How many sizes of a program with a gradient stay open: several paintings and scales take turns. A program without one
 * measures a picture now and then.
 */
const MAX_OPTIMISED = 3;

/** ONNX Runtime on one device. One run computes outputs and gradient. */
export class OnnxEngine implements Engine {
  readonly name = "onnx";
  private readonly programs = new Set<Program>();

  constructor(private readonly provider: OnnxProvider = onCpu()) {}

  get device(): string {
    return this.provider.device;
  }

  get description(): string {
    return this.provider.description;
  }

  async open(graph: Graph, request: ProgramRequest): Promise<Program> {
    const compiled = compile(graph, request);
    const rule = request.convolutions === "WINOGRAD_4" ? this.provider.winogradRule : null;
    const byWinograd = rule !== null && transformedByteLength(compiled.nodes, rule) > 0;
    const open = async (sizes: Inputs | null): Promise<FedSession> => {
      let { outputs } = compiled;
      if (sizes) outputs = withSizes(outputs, sizes);
      if (sizes && byWinograd) outputs = withWinograd(outputs, rule);
      const { bytes, fed } = toFedOnnx(outputs);
      const session = await withTypedErrors(() => InferenceSession.create(bytes, this.provider.options));
      return { session, fed: asFeeds(fed) };
    };
    const isOptimised = request.gradient !== undefined;
    const isThin = isOptimised && weightBytes(compiled) <= MAX_THIN_WEIGHTS;
    const sessions =
      byWinograd || isThin
        ? new InferenceSessionPerSize(open, byWinograd ? "one size" : "any size", isOptimised ? MAX_OPTIMISED : 1)
        : new OneInferenceSession(await open(null));
    return this.program({
      sessions,
      outputs: Object.keys(compiled.outputs),
      checked: (inputs) => checkedInputs(compiled, inputs),
    });
  }

  /** Absent where the provider computes no convolution by Winograd's method. */
  get winogradByteLength(): Engine["winogradByteLength"] {
    const { winogradRule } = this.provider;
    return winogradRule ? (graph, request) => transformedByteLength(compile(graph, request).nodes, winogradRule) : undefined;
  }

  async openFile(path: string): Promise<Program> {
    const session = await withTypedErrors(() => InferenceSession.create(path, this.provider.options), {
      code: "UNAVAILABLE",
      message: "The model's file holds no graph that ONNX Runtime can run.",
    });
    return this.program({
      sessions: new OneInferenceSession({ session, fed: {} }),
      outputs: session.outputNames,
      checked: (inputs) => checkedNames(session.inputNames, inputs),
    });
  }

  async close(): Promise<void> {
    for (const program of [...this.programs]) await program.close();
  }

  private program(parts: ProgramParts): Program {
    const program = new OnnxProgram(parts, () => this.programs.delete(program));
    this.programs.add(program);
    return program;
  }
}

interface ProgramParts {
  sessions: InferenceSessions;
  outputs: readonly string[];
  /** Returns the inputs that the program takes. @throws AtelierError when they do not fit. */
  checked(inputs: Inputs): Inputs;
}

class OnnxProgram implements Program {
  private closed = false;

  constructor(
    private readonly parts: ProgramParts,
    private readonly forget: () => void,
  ) {}

  async run(inputs: Inputs): Promise<Record<string, Tensor>> {
    if (this.closed) throw new AtelierError("INTERNAL", "The program is closed.");
    const checked = this.parts.checked(inputs);
    const feeds = asFeeds(checked);
    const results = await this.parts.sessions.use(checked, ({ session, fed }) => withTypedErrors(() => session.run({ ...feeds, ...fed })));
    return Object.fromEntries(this.parts.outputs.map((name) => [name, asTensor(results[name]!)]));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.forget();
    await this.parts.sessions.close();
  }
}

/** Shares the values' memory. */
function asFeeds(values: Readonly<Record<string, Tensor>>): Record<string, OnnxTensor> {
  return Object.fromEntries(Object.entries(values).map(([name, { data, shape }]) => [name, new OnnxTensor("float32", data, shape)]));
}

function weightBytes({ nodes }: CompiledGraph): number {
  return nodes.reduce(
    (sum, { operator, attributes }) => sum + (operator === "constant" ? (attributes.value as Tensor).data.byteLength : 0),
    0,
  );
}

function checkedNames(names: readonly string[], inputs: Inputs): Inputs {
  const fits = names.length === Object.keys(inputs).length && names.every((name) => Object.hasOwn(inputs, name));
  if (!fits) throw unavailable("The model's file takes other inputs than its card says.");
  return inputs;
}

function asTensor({ dims, data }: OnnxTensor): Tensor {
  if (data instanceof Float32Array) return { shape: [...dims], data };
  throw unavailable("The model's file returns values that are not float32.");
}

const outOfMemory = /bad_alloc|failed to allocate|allocation fail|alloc_failed|out[ _]of[ _](?:device[ _]|host[ _])?memory/i;

const deviceLost = { code: "DEVICE_LOST", message: "The device could not compute the graph." } as const;

/** Runs `work` and turns its errors into typed ones: OUT_OF_MEMORY where memory ran out, `otherwise` for all others. */
async function withTypedErrors<T>(work: () => Promise<T>, otherwise: { code: ErrorCode; message: string } = deviceLost): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const text = messageOf(error);
    if (outOfMemory.test(text)) throw new AtelierError("OUT_OF_MEMORY", "The device ran out of memory.", {}, { cause: error });
    throw new AtelierError(otherwise.code, otherwise.message, {}, { cause: error });
  }
}
