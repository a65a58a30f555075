import { describe, expect, test } from "vitest";
import { constant, FREE, input } from "../../../server/graph/node.js";
import { inspectModel } from "../../../server/graph/onnx/inspect.js";
import { MessageWriter } from "../../../server/graph/onnx/protobuf.js";
import { mul } from "../../../server/graph/operators/index.js";
import { scalar } from "../../../server/graph/tensor.js";
import { toOnnx } from "../../../server/graph/to-onnx.js";

const picture = input("picture", [1, 3, FREE, FREE]);

test("returns the inputs, outputs and count of weights of a file", () => {
  const weight = { shape: [1, 3, 1, 1], data: Float32Array.of(1, 2, 3) };
  expect(inspectModel(toOnnx({ scaled: mul(picture, constant(weight)) }))).toEqual({
    inputs: [{ name: "picture", isFloat32: true, shape: [1, 3, null, null] }],
    outputs: [{ name: "scaled", isFloat32: true, shape: [1, 3, null, null] }],
    parameters: 3,
    hasExternalData: false,
  });
});

/** A model whose graph `write` fills. */
function modelOf(write: (graph: MessageWriter) => void): Uint8Array {
  return new MessageWriter().integer(1, 8).message(7, write).finish();
}
const external = (tensor: MessageWriter) =>
  tensor.string(8, "weight").message(13, (entry) => entry.string(1, "location").string(2, "/etc/passwd"));
const located = (tensor: MessageWriter) => tensor.string(8, "weight").integer(14, 1);

describe("finds a tensor whose values are in another file", () => {
  test.each<[string, Uint8Array]>([
    ["among the initializers", modelOf((graph) => graph.message(5, external))],
    ["by its location alone", modelOf((graph) => graph.message(5, located))],
    ["in a constant", modelOf((graph) => graph.message(1, (node) => node.message(5, (attribute) => attribute.message(5, external))))],
    ["in a list", modelOf((graph) => graph.message(1, (node) => node.message(5, (attribute) => attribute.message(10, external))))],
    ["in a sparse tensor", modelOf((graph) => graph.message(15, (sparse) => sparse.message(1, external)))],
    [
      "in a branch",
      modelOf((graph) =>
        graph.message(1, (node) => node.message(5, (attribute) => attribute.message(6, (inner) => inner.message(5, external)))),
      ),
    ],
    [
      "in a function",
      new MessageWriter()
        .message(7, () => undefined)
        .message(25, (definition) => definition.message(7, (node) => node.message(5, (attribute) => attribute.message(5, external))))
        .finish(),
    ],
    [
      "as the default of a function's attribute",
      new MessageWriter()
        .message(7, () => undefined)
        .message(25, (definition) => definition.message(11, (attribute) => attribute.message(5, external)))
        .finish(),
    ],
    [
      "in a training graph",
      new MessageWriter()
        .message(7, () => undefined)
        .message(20, (training) => training.message(1, (graph) => graph.message(5, external)))
        .finish(),
    ],
  ])("%s", (_where, file) => {
    expect(inspectModel(file).hasExternalData).toBe(true);
  });
});

describe("rejects bytes that are not a model", () => {
  const whole = toOnnx({ scaled: mul(picture, constant(scalar(2))) });
  function nested(depth: number): (graph: MessageWriter) => void {
    return (graph) => {
      if (depth > 0) graph.message(1, (node) => node.message(5, (attribute) => attribute.message(6, nested(depth - 1))));
    };
  }
  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("version https://example.org/large-files")],
    ["a model cut short", whole.subarray(0, whole.length - 3)],
    [
      "two graphs",
      new MessageWriter()
        .message(7, () => undefined)
        .message(7, () => undefined)
        .finish(),
    ],
    ["a number without an end", new Uint8Array(12).fill(255)],
    ["graphs nested too deep", modelOf(nested(40))],
    ["a shape that its values do not fill", modelOf((graph) => graph.message(5, (tensor) => tensor.integer(1, 2 ** 32).string(8, "none")))],
  ])("%s", (_what, file) => {
    expect(() => inspectModel(file)).toThrow(expect.objectContaining({ name: "WireError" }));
  });
});
