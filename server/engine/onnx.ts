import { availableParallelism, cpus } from "node:os";
import { env, InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { AtelierError, type ErrorCode, messageOf, unavailable } from "../errors.js";
import type { Graph } from "../graph/node.js";
import { withSizes } from "../graph/sizes.js";
import type { Tensor } from "../graph/tensor.js";
import { toOnnx } from "../graph/to-onnx.js";
import { type CompiledGraph, checkedInputs, compile } from "./compile.js";
import type { Engine, Program, ProgramRequest } from "./engine.js";
import { InferenceSessionPerSize, type InferenceSessions, type Inputs, OneInferenceSession } from "./onnx-sessions.js";

/**
 * Weights up to which a program with a gradient is opened for each size, bytes. ONNX Runtime moves less memory where it
 * knows the sizes, which saves a seventh of a thin network's run; opening takes as long as four runs. VGG-19 would gain
 * only a twenty-fifth, and hold at least 100 MB for each size.
 */
const MAX_THIN_WEIGHTS = 16 * 2 ** 20;

/** ONNX Runtime on the CPU. One run computes outputs and gradient; the same inputs give the same bits. */
export class OnnxEngine implements Engine {
  readonly name = "onnx";
  readonly device = "cpu";
  readonly description: string;
  private readonly programs = new Set<Program>();

  /** @param threads of one run; by default one for each core available to this process. */
  constructor(private readonly threads = availableParallelism()) {
    this.description = `${threads} threads of ${cpus()[0]?.model.trim() ?? "the processor"}, ONNX Runtime ${env.versions.node}`;
  }

  async open(graph: Graph, request: ProgramRequest): Promise<Program> {
    const compiled = compile(graph, request);
    const open = (sizes: Inputs | null) => {
      const outputs = sizes ? withSizes(compiled.outputs, sizes) : compiled.outputs;
      return withTypedErrors(() => InferenceSession.create(toOnnx(outputs), this.options()));
    };
    const perSize = request.gradient !== undefined && weightBytes(compiled) <= MAX_THIN_WEIGHTS;
    const sessions = perSize ? new InferenceSessionPerSize(open) : new OneInferenceSession(await open(null));
    return this.program(sessions, Object.keys(compiled.outputs), (inputs) => checkedInputs(compiled, inputs));
  }

  async openFile(path: string): Promise<Program> {
    const session = await withTypedErrors(() => InferenceSession.create(path, this.options()), {
      code: "UNAVAILABLE",
      message: "The model's file holds no graph that ONNX Runtime can run.",
    });
    return this.program(new OneInferenceSession(session), session.outputNames, (inputs) => checkedNames(session.inputNames, inputs));
  }

  async close(): Promise<void> {
    for (const program of [...this.programs]) await program.close();
  }

  private program(sessions: InferenceSessions, outputs: readonly string[], checked: CheckInputs): Program {
    const program = new OnnxProgram(sessions, outputs, checked, () => this.programs.delete(program));
    this.programs.add(program);
    return program;
  }

  private options(): InferenceSession.SessionOptions {
    return {
      executionProviders: ["cpu"],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // A memory plan for each size costs a tenth more memory and saves no time.
      enableMemPattern: false,
      logSeverityLevel: 3,
      // Waiting threads spin during a run. Without this they would keep a core busy for 30 ms after it.
      extra: { session: { force_spinning_stop: "1" } },
    };
  }
}

/** Returns the inputs that a program takes. @throws AtelierError when they do not fit. */
type CheckInputs = (inputs: Inputs) => Inputs;

class OnnxProgram implements Program {
  private closed = false;

  constructor(
    private readonly sessions: InferenceSessions,
    private readonly outputs: readonly string[],
    private readonly checked: CheckInputs,
    private readonly forget: () => void,
  ) {}

  async run(inputs: Inputs): Promise<Record<string, Tensor>> {
    if (this.closed) throw new AtelierError("INTERNAL", "The program is closed.");
    const feeds: Record<string, OnnxTensor> = {};
    const checked = this.checked(inputs);
    for (const [name, value] of Object.entries(checked)) {
      feeds[name] = new OnnxTensor("float32", value.data, value.shape);
    }
    const results = await this.sessions.use(checked, (session) => withTypedErrors(() => session.run(feeds)));
    return Object.fromEntries(this.outputs.map((name) => [name, asTensor(results[name]!)]));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.forget();
    await this.sessions.close();
  }
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

const outOfMemory = /bad_alloc|failed to allocate|allocation fail|out of memory/i;

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
