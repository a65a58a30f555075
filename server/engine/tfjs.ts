import * as tf from "@tensorflow/tfjs-core";
import { AtelierError } from "../errors.js";
import type { Graph } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { TfjsGraph, toTfjsTensor } from "../graph/to-tfjs.js";
import { type CompiledGraph, checkedInputs, compile } from "./compile.js";
import { type Engine, gradientName, type Program, type ProgramRequest } from "./engine.js";
import { AllocationError } from "./tfjs-allocation.js";
import { openTfjsBackend, type TfjsBackend } from "./tfjs-backend.js";

/**
 * TensorFlow.js with the best of its backends that is installed. Its gradients come from its own automatic
 * differentiation, so they check our reverse mode. They differ where a window of maxPool holds equal maxima: here the
 * first takes the whole gradient, while our other engines divide it among them.
 */
export class TfjsEngine implements Engine {
  readonly name = "tfjs";
  private readonly programs = new Set<Program>();

  private constructor(
    readonly device: string,
    readonly description: string,
  ) {}

  /**
   * @param backends to try, best first; all by default. A process has one at a time.
   * @throws Error when none can be loaded.
   */
  static async create(backends?: readonly TfjsBackend[]): Promise<TfjsEngine> {
    const { backend, description } = await openTfjsBackend(backends);
    return new TfjsEngine(`tfjs-${backend}`, description);
  }

  async open(graph: Graph, request: ProgramRequest): Promise<Program> {
    // Refuses the gradients that other engines refuse. The nodes that our reverse mode adds are dropped.
    compile(graph, request);
    const { outputs, gradient } = request;
    const compiled = compile(graph, { outputs: gradient === undefined ? outputs : [...outputs, gradient.of] });
    const program = new TfjsProgram(compiled, new TfjsGraph(compiled.outputs), request, () => this.programs.delete(program));
    this.programs.add(program);
    return program;
  }

  async close(): Promise<void> {
    for (const program of [...this.programs]) await program.close();
  }
}

class TfjsProgram implements Program {
  private closed = false;

  constructor(
    private readonly compiled: CompiledGraph,
    private readonly graph: TfjsGraph,
    private readonly request: ProgramRequest,
    private readonly forget: () => void,
  ) {}

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.closed) throw new AtelierError("INTERNAL", "The program is closed.");
    const given = checkedInputs(this.compiled, inputs);
    return withTypedErrors(async () => {
      const results = this.compute(given);
      try {
        return Object.fromEntries(await Promise.all(Object.entries(results).map(async ([name, value]) => [name, await download(value)])));
      } finally {
        tf.dispose(results);
      }
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.forget();
    this.graph.dispose();
  }

  /** Runs the graph on the device. The caller disposes of the results. */
  private compute(given: Readonly<Record<string, Tensor>>): Record<string, tf.Tensor> {
    const { outputs, gradient } = this.request;
    let results: Record<string, tf.Tensor> = {};
    try {
      tf.tidy(() => {
        const feeds = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, toTfjsTensor(value)]));
        const run = () => {
          results = this.graph.run(feeds);
        };
        if (gradient === undefined) return run();
        const towards = [...new Set(gradient.towards)];
        const { grads } = tf.valueAndGrads(() => {
          run();
          return results[gradient.of]!;
        })(towards.map((name) => feeds[name]!));
        if (!outputs.includes(gradient.of)) disposeOf(results, gradient.of);
        for (const [index, name] of towards.entries()) results[gradientName(name)] = tf.keep(grads[index]!);
      });
      return results;
    } catch (error) {
      tf.dispose(results);
      dropTape();
      throw error;
    }
  }
}

function disposeOf(results: Record<string, tf.Tensor>, name: string): void {
  results[name]?.dispose();
  delete results[name];
}

/** Frees the tensors that TensorFlow.js keeps for a differentiation that has failed. */
function dropTape(): void {
  const { state } = tf.engine();
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved);
  state.activeTape = [];
}

/** Copies a result from the device. The plain backend returns its own array, which may be that of an input. */
async function download(value: tf.Tensor): Promise<Tensor> {
  const data = await value.data<"float32">();
  return { shape: [...value.shape], data: data.slice() };
}

const outOfMemory = /\boom\b|out of memory|resource ?exhausted|allocation failed|invalid typed array length/i;

/** Runs `work` and turns its errors into typed ones: OUT_OF_MEMORY where memory ran out, DEVICE_LOST for all others. */
async function withTypedErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isShort = error instanceof AllocationError || (error instanceof Error && outOfMemory.test(error.message));
    if (isShort) throw new AtelierError("OUT_OF_MEMORY", "The device ran out of memory.", {}, { cause: error });
    throw new AtelierError("DEVICE_LOST", "The device could not compute the graph.", {}, { cause: error });
  }
}
