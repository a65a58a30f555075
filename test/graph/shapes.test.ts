import { describe, expect, it } from "vitest";
import { constant, FREE, GraphError, input, type Node } from "../../server/graph/node.js";
import {
  add,
  avgPool,
  concat,
  conv2d,
  convTranspose2d,
  count,
  instanceNorm,
  leakyRelu,
  matmul,
  maxPool,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  transpose,
  upsampledConv2d,
  upsampleNearest,
} from "../../server/graph/operators/index.js";
import { randomTensor } from "../helpers/random.js";

const picture = input("picture", [1, 3, FREE, FREE]);
const small = input("small", [1, 3, 5, 4]);
const kernel = (...shape: number[]) => input("kernel", shape);
const known = (...shape: number[]) => constant(randomTensor(shape, 1));

describe("shape rules of the operators", () => {
  it.each<[string, Node, Node["shape"]]>([
    ["a convolution of a free picture", conv2d(picture, kernel(8, 3, 3, 3), null, { padding: 1 }), [1, 8, FREE, FREE]],
    ["a strided convolution", conv2d(small, kernel(8, 3, 3, 3), null, { padding: 1, stride: 2 }), [1, 8, 3, 2]],
    ["reflected borders", conv2d(small, kernel(8, 3, 3, 3), null, { padding: 2, padMode: "reflect" }), [1, 8, 7, 6]],
    ["pooling of odd sizes", avgPool(small, { size: 2 }), [1, 3, 2, 2]],
    ["broadcasting", add(small, input("b", [4])), [1, 3, 5, 4]],
    ["broadcasting with free sizes", add(picture, small), [1, 3, 5, 4]],
    ["a reshape of free sizes", reshape(picture, [3, -1]), [3, FREE]],
    ["a reshape of known sizes", reshape(small, [0, -1]), [1, 60]],
    ["a Gram matrix", matmul(reshape(picture, [3, -1]), transpose(reshape(picture, [3, -1]), [1, 0])), [3, 3]],
    ["a slice of a free axis", slice(picture, { axis: 2, start: 1 }), [1, 3, FREE, FREE]],
    ["a slice of known length from a free axis", slice(picture, { axis: 3, start: -2 }), [1, 3, FREE, 2]],
    ["sums", reduceSum(picture, [2, 3]), [1, 3]],
    ["a mean of all", reduceMean(picture, "all"), []],
    ["a count", count(picture, [2]), []],
    ["a transposed convolution of a free picture", convTranspose2d(picture, kernel(3, 8, 4, 4), null, { stride: 2 }), [1, 8, FREE, FREE]],
    [
      "a transposed convolution",
      convTranspose2d(small, kernel(3, 8, 3, 3), null, { stride: 2, padding: 1, outputPadding: 1 }),
      [1, 8, 10, 8],
    ],
    ["upsampling", upsampleNearest(small, { size: 3 }), [1, 3, 15, 12]],
    ["an enlarged convolution", upsampledConv2d(picture, known(8, 3, 3, 3), known(8), { padMode: "zero" }), [1, 8, FREE, FREE]],
    ["an enlarged convolution of known size", upsampledConv2d(small, known(8, 3, 3, 3), known(8), { padMode: "zero" }), [1, 8, 10, 8]],
    ["concatenated channels", concat(picture, small, { axis: 1 }), [1, 6, 5, 4]],
  ])("derive the shape of %s", (_, node, shape) => {
    expect(node.shape).toEqual(shape);
  });

  it.each<[string, () => Node]>([
    ["channels that do not fit the kernel", () => conv2d(picture, kernel(8, 4, 3, 3), null)],
    ["groups that do not divide the outputs", () => conv2d(picture, kernel(3, 1, 3, 3), null, { groups: 2 })],
    ["a bias of another length", () => conv2d(picture, kernel(8, 3, 3, 3), input("bias", [4]))],
    ["a kernel larger than the picture", () => conv2d(small, kernel(8, 3, 7, 7), null)],
    ["an enlarged convolution of another kernel", () => upsampledConv2d(small, known(8, 3, 5, 5), known(8), { padMode: "zero" })],
    [
      "an enlarged convolution without a constant",
      () => upsampledConv2d(small, known(8, 3, 3, 3), input("bias", [8]), { padMode: "zero" }),
    ],
    ["a stride of 0", () => conv2d(picture, kernel(8, 3, 3, 3), null, { stride: 0 })],
    ["padding that cannot be mirrored", () => conv2d(small, kernel(8, 3, 3, 3), null, { padding: 4, padMode: "reflect" })],
    ["a window larger than the picture", () => maxPool(small, { size: 5 })],
    ["a window of half a pixel", () => avgPool(small, { size: 0.5 })],
    ["shapes that do not broadcast", () => add(small, input("b", [3]))],
    ["matrices that do not fit", () => matmul(input("a", [2, 3]), input("b", [2, 3]))],
    ["a permutation that names an axis twice", () => transpose(small, [0, 1, 1, 2])],
    ["a permutation that is too short", () => transpose(small, [1, 0])],
    ["a reshape that loses elements", () => reshape(small, [7, -1])],
    ["two sizes left open", () => reshape(small, [-1, -1])],
    ["a slice outside of its axis", () => slice(small, { axis: 2, start: 0, end: 6 })],
    ["a slice of nothing", () => slice(small, { axis: 2, start: 3, end: 3 })],
    ["an axis out of range", () => reduceSum(small, [4])],
    ["channels that do not fit a transposed kernel", () => convTranspose2d(picture, kernel(8, 3, 3, 3), null)],
    ["output padding of a whole stride", () => convTranspose2d(small, kernel(3, 8, 3, 3), null, { stride: 2, outputPadding: 2 })],
    ["a transposed convolution that leaves nothing", () => convTranspose2d(small, kernel(3, 8, 1, 1), null, { padding: 3 })],
    ["a concatenation along a free axis", () => concat(picture, picture, { axis: 2 })],
    ["a concatenation of other heights", () => concat(small, input("b", [1, 3, 6, 4]), { axis: 1 })],
    ["an instance norm with too few scales", () => instanceNorm(small, input("scale", [2]), input("shift", [3]), { epsilon: 1e-5 })],
    ["an instance norm without epsilon", () => instanceNorm(small, input("scale", [3]), input("shift", [3]), { epsilon: 0 })],
    ["a leaky relu with a negative slope", () => leakyRelu(small, { slope: -0.2 })],
  ])("reject %s", (_, build) => {
    expect(build).toThrow(GraphError);
  });
});
