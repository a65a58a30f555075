import { type Graph, GraphError, inOrder, type Node } from "./node.js";
import { OnnxBuilder } from "./onnx/builder.js";
import { serializeModel } from "./onnx/model.js";
import { operatorNamed } from "./operators/index.js";
import type { Tensor } from "./tensor.js";

/** An ONNX model, and the constants that every run is given besides the inputs of the graph, by name. */
export interface FedOnnxModel {
  bytes: Uint8Array;
  fed: Readonly<Record<string, Tensor>>;
}

/**
 * Writes one ONNX model that computes `outputs` and contains their weights, except those that sessions share. Inputs
 * and outputs keep their names; free dimensions stay free.
 */
export function toFedOnnx(outputs: Graph): FedOnnxModel {
  const builder = new OnnxBuilder();
  const names = new Map<Node, string>();
  // Constants are written where they are read: some operators write them in another form.
  const nameOf = (node: Node) => {
    const name = node.operator === "constant" ? builder.tensor(node.attributes.value as Tensor) : names.get(node);
    if (name === undefined) throw new GraphError(`a ${node.operator} is read before it is computed`);
    return name;
  };
  const inputs: { name: string; shape: Node["shape"] }[] = [];
  for (const node of inOrder(Object.values(outputs))) {
    if (node.operator === "input") {
      const name = String(node.attributes.name);
      inputs.push({ name, shape: node.shape });
      names.set(node, name);
    } else if (node.operator !== "constant") {
      const operator = operatorNamed(node.operator);
      const rewritten = operator.rewritten(node);
      const read = node.inputs.map((input, place) => (rewritten.includes(place) ? "" : nameOf(input)));
      names.set(node, operator.toOnnx(builder, node, read));
    }
  }
  const values = Object.entries(outputs).map(([name, node]) => {
    builder.alias(nameOf(node), name);
    return { name, shape: node.shape };
  });
  const fed = Object.entries(builder.fed).map(([name, { shape }]) => ({ name, shape }));
  return { bytes: serializeModel(builder, [...inputs, ...fed], values), fed: builder.fed };
}

/** Writes an ONNX model as `toFedOnnx` does, that contains all weights. @throws GraphError when some are to be shared. */
export function toOnnx(outputs: Graph): Uint8Array {
  const { bytes, fed } = toFedOnnx(outputs);
  if (Object.keys(fed).length > 0) throw new GraphError("the model takes weights that sessions share");
  return bytes;
}
