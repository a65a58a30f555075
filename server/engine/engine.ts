import type { Graph } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";

/** What to compute from a graph: named outputs, and gradients of one scalar output towards inputs. */
export interface ProgramRequest {
  /** Names of graph outputs to return. */
  outputs: readonly string[];
  /** The scalar output to differentiate and the graph inputs whose gradient is wanted. */
  gradient?: { of: string; towards: readonly string[] };
  /**
   * How convolutions are to be computed; DIRECT by default. The results differ by rounding, so a painting keeps one
   * method from its first step to its last. An engine without Winograd's method computes them directly.
   */
  convolutions?: ConvolutionMethod;
}

/** As sums of products; or by Winograd's method with tiles of 4 x 4 values, where the engine's rule of that name says so. */
export type ConvolutionMethod = "DIRECT" | "WINOGRAD_4";

/** A graph that is ready to run on one device. */
export interface Program {
  /**
   * Runs once. `inputs` holds every graph input that the wanted outputs depend on, by name; all are float32, and NCHW
   * where they have four dimensions. Returns the outputs by name and each gradient under `gradientName(input)`, with
   * the shape of its input. The same inputs give the same bytes.
   * @throws AtelierError BAD_INPUT when an input is missing or its shape does not fit; OUT_OF_MEMORY; DEVICE_LOST.
   */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees what the program holds on the device; `run` must not be called afterwards. */
  close(): Promise<void>;
}

/** Computes graphs on one device. */
export interface Engine {
  /** Name of the adapter: onnx, reference, tfjs. */
  readonly name: string;
  /** Name of the device as sessions show it: cpu, webgpu, cuda:0. */
  readonly device: string;
  /** Description of the device for people: "2 threads of AMD EPYC, ONNX Runtime 1.30.0". */
  readonly description: string;
  /**
   * Compiles `graph` for `request`. Height and width of inputs stay free.
   * @throws GraphError when the request does not fit the graph or an operator lacks a gradient rule.
   */
  open(graph: Graph, request: ProgramRequest): Promise<Program>;
  /**
   * Memory for the weights that `WINOGRAD_4` adds to a request, bytes. All programs of the same network share them.
   * Absent from engines without that method.
   */
  winogradByteLength?(graph: Graph, request: ProgramRequest): number;
  /**
   * Opens an ONNX file, whose inputs and outputs keep their names; absent from engines that read none. Only the file's
   * own graph checks the shapes of the inputs.
   * @throws AtelierError UNAVAILABLE when the file cannot be read or run; OUT_OF_MEMORY.
   */
  openFile?(path: string): Promise<Program>;
  /** Closes every open program. */
  close(): Promise<void>;
}

/** Name under which a program returns the gradient towards `input`. */
export function gradientName(input: string): string {
  return `gradient:${input}`;
}
