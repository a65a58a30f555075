import { availableParallelism, cpus } from "node:os";
import { env, InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { AtelierError } from "../errors.js";
import type { Graph } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { toOnnx } from "../graph/to-onnx.js";
import { type CompiledGraph, checkedInputs, compile } from "./compile.js";
import type { Engine, Program, ProgramRequest } from "./engine.js";

/** ONNX Runtime on the CPU. One run computes outputs and gradient; the same inputs give the same bits. */
export class OnnxEngine implements Engine {
  readonly name = "onnx";
  readonly device = "cpu";
  readonly description: string;
  private readonly programs = new Set<Program>();

  /** @param threads of one run; by default one for each core that this process may use. */
  constructor(private readonly threads = availableParallelism()) {
    this.description = `${threads} threads of ${cpus()[0]?.model.trim() ?? "the processor"}, ONNX Runtime ${env.versions.node}`;
  }

  async open(graph: Graph, request: ProgramRequest): Promise<Program> {
    const compiled = compile(graph, request);
    const session = await translated(() => InferenceSession.create(toOnnx(compiled.outputs), this.options()));
    const program = new OnnxProgram(compiled, session, () => this.programs.delete(program));
    this.programs.add(program);
    return program;
  }

  async close(): Promise<void> {
    for (const program of [...this.programs]) await program.close();
  }

  private options(): InferenceSession.SessionOptions {
    return {
      executionProviders: ["cpu"],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // A plan for each size that was run costs a tenth more memory and saved no time.
      enableMemPattern: false,
      logSeverityLevel: 3,
    };
  }
}

class OnnxProgram implements Program {
  private closed = false;

  constructor(
    private readonly compiled: CompiledGraph,
    private readonly session: InferenceSession,
    private readonly forget: () => void,
  ) {}

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.closed) throw new AtelierError("INTERNAL", "The program is closed.");
    const feeds: Record<string, OnnxTensor> = {};
    for (const [name, value] of Object.entries(checkedInputs(this.compiled, inputs))) {
      feeds[name] = new OnnxTensor("float32", value.data, value.shape);
    }
    const results = await translated(() => this.session.run(feeds));
    return Object.fromEntries(
      Object.keys(this.compiled.outputs).map((name) => {
        const { dims, data } = results[name] as OnnxTensor;
        return [name, { shape: [...dims], data: data as Float32Array }];
      }),
    );
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.forget();
    await this.session.release();
  }
}

const outOfMemory = /bad_alloc|failed to allocate|allocation fail|out of memory/i;

/** ONNX Runtime's errors as typed ones. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (outOfMemory.test(text)) throw new AtelierError("OUT_OF_MEMORY", "The device ran out of memory.", {}, { cause: error });
    throw new AtelierError("DEVICE_LOST", "The device could not compute the graph.", {}, { cause: error });
  }
}
