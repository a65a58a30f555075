import type { Engine } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";

/** An onnx engine that computes every convolution that it can by Winograd's method, whether that is faster or not. */
export function winogradEngine(threads: number): Engine {
  const engine = new OnnxEngine(threads, { rule: () => true, availableMemory: () => Number.POSITIVE_INFINITY });
  return {
    name: engine.name,
    device: engine.device,
    description: engine.description,
    open: (graph, request) => engine.open(graph, { ...request, convolutions: "WINOGRAD_4" }),
    openFile: (path) => engine.openFile(path),
    close: () => engine.close(),
  };
}
