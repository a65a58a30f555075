import { type Dimension, FREE } from "../node.js";
import type { OnnxAttribute, OnnxBuilder, OnnxInitializer, OnnxNode } from "./builder.js";
import { MessageWriter } from "./protobuf.js";

/** The field numbers of onnx.proto that are written here. */
const model = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 } as const;
const graph = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const node = { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 } as const;
const attribute = { name: 1, float: 2, integer: 3, string: 4, integers: 8, type: 20 } as const;
const attributeType = { float: 1, integer: 2, string: 3, integers: 7 } as const;
const tensor = { dimensions: 1, elementType: 2, name: 8, rawData: 9 } as const;
const elementType = { float: 1, int64: 7 } as const;

/** Versions that the CPU, WebGPU and CUDA providers of ONNX Runtime all accept. */
const irVersion = 8;
const opsetVersion = 18;

/** Operators that ONNX Runtime adds to those of ONNX, and the name of their set. */
const runtimeOperators: ReadonlySet<string> = new Set(["FusedMatMul"]);
const runtimeDomain = "com.microsoft";

/** A float32 input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly Dimension[];
}

/** Serializes an ONNX model. */
export function serializeModel(builder: OnnxBuilder, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): Uint8Array {
  const message = new MessageWriter()
    .integer(model.irVersion, irVersion)
    .string(model.producerName, "atelier")
    .message(model.opsetImport, (opset) => opset.string(1, "").integer(2, opsetVersion));
  if (builder.nodes.some(({ operator }) => runtimeOperators.has(operator))) {
    message.message(model.opsetImport, (opset) => opset.string(1, runtimeDomain).integer(2, 1));
  }
  return message
    .message(model.graph, (message) => {
      for (const one of builder.nodes) message.message(graph.node, (part) => writeNode(part, one));
      message.string(graph.name, "atelier");
      for (const one of builder.initializers) message.message(graph.initializer, (part) => writeInitializer(part, one));
      for (const one of inputs) message.message(graph.input, (part) => writeValue(part, one));
      for (const one of outputs) message.message(graph.output, (part) => writeValue(part, one));
    })
    .finish();
}

function writeNode(message: MessageWriter, { operator, inputs, output, attributes }: OnnxNode): void {
  for (const name of inputs) message.string(node.input, name);
  message.string(node.output, output).string(node.name, output).string(node.operator, operator);
  if (runtimeOperators.has(operator)) message.string(node.domain, runtimeDomain);
  for (const [name, value] of Object.entries(attributes)) {
    message.message(node.attribute, (part) => writeAttribute(part.string(attribute.name, name), value));
  }
}

function writeAttribute(message: MessageWriter, value: OnnxAttribute): void {
  if (typeof value === "number") message.integer(attribute.integer, value).integer(attribute.type, attributeType.integer);
  else if (typeof value === "string") message.string(attribute.string, value).integer(attribute.type, attributeType.string);
  else if ("float" in value) message.float(attribute.float, value.float).integer(attribute.type, attributeType.float);
  else {
    for (const one of value) message.integer(attribute.integers, one);
    message.integer(attribute.type, attributeType.integers);
  }
}

function writeInitializer(message: MessageWriter, { name, shape, data }: OnnxInitializer): void {
  for (const size of shape) message.integer(tensor.dimensions, size);
  message
    .integer(tensor.elementType, data instanceof Float32Array ? elementType.float : elementType.int64)
    .string(tensor.name, name)
    .bytes(tensor.rawData, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue(message: MessageWriter, { name, shape }: OnnxValue): void {
  message.string(1, name).message(2, (type) =>
    type.message(1, (part) =>
      part.integer(1, elementType.float).message(2, (dimensions) => {
        shape.forEach((size, axis) => {
          dimensions.message(1, (dimension) => {
            if (size === FREE) dimension.string(2, `${name}_${axis}`);
            else dimension.integer(1, size);
          });
        });
      }),
    ),
  );
}
