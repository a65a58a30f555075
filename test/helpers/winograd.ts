import type { ProgramRequest } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import type { Graph } from "../../server/graph/node.js";

/** An onnx engine that computes every convolution that it can by Winograd's method, whether that is faster or not. */
export class WinogradEngine extends OnnxEngine {
  constructor(threads: number) {
    super(onCpu(threads, () => true));
  }

  override open(graph: Graph, request: ProgramRequest) {
    return super.open(graph, { ...request, convolutions: "WINOGRAD_4" });
  }
}
