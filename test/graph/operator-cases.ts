import type { Node } from "../../server/graph/node.js";
import { leakyReluGradientOperator, reluGradientOperator } from "../../server/graph/operators/activations.js";
import { signOperator } from "../../server/graph/operators/arithmetic.js";
import { conv2dInputGradientOperator } from "../../server/graph/operators/convolution.js";
import {
  abs,
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
  mul,
  reciprocal,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  slice,
  sub,
  tanh,
  transpose,
  upsampledConv2d,
  upsampleNearest,
} from "../../server/graph/operators/index.js";
import { instanceNormGradientOperator } from "../../server/graph/operators/instance-norm.js";
import { padLike, reflectPad, reflectPadGradientOperator } from "../../server/graph/operators/padding.js";
import { maxPoolGradientOperator, upsampleLike } from "../../server/graph/operators/pooling.js";
import { expandLike, reshapeLikeOperator, unsqueeze } from "../../server/graph/operators/shapes.js";
import type { Tensor } from "../../server/graph/tensor.js";
import type { OperatorCase } from "../helpers/gradient-check.js";
import { randomTensor, spacedTensor } from "../helpers/random.js";

const picture = (seed: number, channels = 2, height = 5, width = 6) => randomTensor([1, channels, height, width], seed);
const positive = (shape: readonly number[], seed: number) => {
  const { data } = randomTensor(shape, seed);
  return { shape, data: data.map((value) => 1 + Math.abs(value)) };
};

const rectified = ({ shape, data }: Tensor) => ({ shape, data: data.map((value) => Math.max(value, 0)) });

const convolutions = [
  { title: "3x3", kernel: [3, 2, 3, 3], options: { padding: 1 } },
  { title: "1x1", kernel: [3, 2, 1, 1], options: {} },
  { title: "unpadded 3x2", kernel: [3, 2, 3, 2], options: {} },
  { title: "stride 2", kernel: [3, 2, 3, 3], options: { padding: 1, stride: 2 } },
  { title: "stride 3 that leaves rows out", kernel: [1, 2, 2, 2], options: { stride: 3 } },
  { title: "groups", kernel: [4, 1, 3, 3], options: { padding: 1, groups: 2 } },
  { title: "more padding than kernel", kernel: [2, 2, 2, 2], options: { padding: 3 } },
] as const;

const manyChannels = [
  { title: "5 channels", kernel: [3, 5, 3, 3], options: { padding: 1 } },
  { title: "5 channels unpadded", kernel: [2, 5, 2, 3], options: {} },
] as const;

const transposedConvolutions = [
  { title: "4x4, stride 2", kernel: [2, 3, 4, 4], options: { stride: 2, padding: 1 } },
  { title: "3x3, stride 2 with output padding", kernel: [2, 3, 3, 3], options: { stride: 2, padding: 1, outputPadding: 1 } },
  { title: "stride 1", kernel: [2, 1, 3, 2], options: {} },
  { title: "groups", kernel: [2, 2, 3, 3], options: { groups: 2, padding: 2 } },
] as const;

const binary = (build: (a: Node, b: Node) => Node): OperatorCase[] => [
  { title: "same shape", inputs: [picture(1), picture(2)], build },
  { title: "scalar", inputs: [picture(1), randomTensor([], 2)], build },
  { title: "channels", inputs: [randomTensor([2, 1, 1], 1), picture(2)], build },
  { title: "both ways", inputs: [randomTensor([3, 1], 1), randomTensor([1, 4], 2)], build },
];

/** At least one case for every operator of the table. */
export const operatorCases: Readonly<Record<string, readonly OperatorCase[]>> = {
  conv2d: convolutions.flatMap(({ title, kernel, options }, seed) => {
    const inputs = [picture(seed), randomTensor(kernel, seed + 20), randomTensor([kernel[0]], seed + 40)];
    const build = (x: Node, weight: Node, bias: Node) => conv2d(x, weight, bias, options);
    return [
      { title, inputs, build, constants: [1] },
      {
        title: `${title}, weight as an input`,
        inputs: inputs.slice(0, 2),
        build: (x: Node, weight: Node) => conv2d(x, weight, null, options),
        known: [1],
      },
    ];
  }),
  reflectPad: [1, 2, 4].map((padding) => ({ title: `${padding}`, inputs: [picture(3)], build: (x: Node) => reflectPad(x, padding) })),
  relu: [{ title: "", inputs: [spacedTensor([1, 2, 5, 4], 4)], build: relu }],
  maxPool: [2, 3].map((size) => ({ title: `${size}`, inputs: [spacedTensor([1, 1, 7, 6], 5)], build: (x: Node) => maxPool(x, { size }) })),
  avgPool: [2, 3].map((size) => ({ title: `${size}`, inputs: [picture(6, 2, 7, 6)], build: (x: Node) => avgPool(x, { size }) })),
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  matmul: [
    { title: "matrices", inputs: [randomTensor([3, 4], 1), randomTensor([4, 5], 2)], build: matmul },
    { title: "batches", inputs: [randomTensor([2, 1, 3, 4], 1), randomTensor([2, 1, 4, 3], 2)], build: matmul },
  ],
  selfProduct: [
    { title: "matrix", inputs: [randomTensor([3, 5], 1)], build: (a) => matmul(a, transpose(a, [1, 0])) },
    { title: "batches", inputs: [randomTensor([2, 2, 3, 5], 1)], build: (a) => matmul(a, transpose(a, [0, 1, 3, 2])) },
  ],
  transpose: [{ title: "", inputs: [picture(7)], build: (x) => transpose(x, [0, 2, 3, 1]) }],
  reshape: [
    { title: "rows", inputs: [picture(8)], build: (x) => reshape(x, [2, -1]) },
    { title: "kept sizes", inputs: [picture(8)], build: (x) => reshape(x, [0, 2, -1]) },
  ],
  slice: [
    { title: "to the end", inputs: [picture(9)], build: (x) => slice(x, { axis: 2, start: 1 }) },
    { title: "from the end", inputs: [picture(9)], build: (x) => slice(x, { axis: 3, start: -2 }) },
    { title: "both ends", inputs: [picture(9)], build: (x) => slice(x, { axis: 3, start: 1, end: -2 }) },
    { title: "from the end to the end", inputs: [picture(9)], build: (x) => slice(x, { axis: 2, start: -3, end: -1 }) },
    { title: "channels", inputs: [picture(9, 4)], build: (x) => slice(x, { axis: 1, start: 1, end: 3 }) },
  ],
  reduceSum: [
    { title: "all", inputs: [picture(10)], build: (x) => reduceSum(x, "all") },
    { title: "inner axes", inputs: [picture(10)], build: (x) => reduceSum(x, [1, -2]) },
  ],
  reduceMean: [
    { title: "all", inputs: [picture(11)], build: (x) => reduceMean(x, "all") },
    { title: "height and width", inputs: [picture(11)], build: (x) => reduceMean(x, [2, 3]) },
  ],
  abs: [{ title: "", inputs: [spacedTensor([1, 2, 5, 4], 12)], build: abs }],
  sign: [{ title: "", inputs: [picture(13)], build: (x) => signOperator.node([x], {}) }],
  reciprocal: [{ title: "", inputs: [positive([1, 2, 3, 4], 14)], build: reciprocal }],
  count: [{ title: "", inputs: [picture(15)], build: (x) => count(x, [1, 3]) }],
  leakyRelu: [0.2, 1].map((slope) => ({
    title: `${slope}`,
    inputs: [spacedTensor([1, 2, 5, 4], 22)],
    build: (x: Node) => leakyRelu(x, { slope }),
  })),
  tanh: [{ title: "", inputs: [picture(23)], build: tanh }],
  concat: [
    { title: "channels", inputs: [picture(24), picture(25, 3)], build: (a, b) => concat(a, b, { axis: 1 }) },
    { title: "rows", inputs: [randomTensor([2, 3, 4], 24), randomTensor([2, 1, 4], 25)], build: (a, b) => concat(a, b, { axis: 1 }) },
    { title: "batches", inputs: [randomTensor([1, 3], 24), randomTensor([2, 3], 25)], build: (a, b) => concat(a, b, { axis: 0 }) },
  ],
  instanceNorm: [
    { title: "one picture", inputs: [picture(26), randomTensor([2], 27), randomTensor([2], 28)] },
    { title: "two pictures", inputs: [randomTensor([2, 3, 4, 3], 26), randomTensor([3], 27), randomTensor([3], 28)] },
  ].map((one) => ({ ...one, build: (x: Node, scale: Node, shift: Node) => instanceNorm(x, scale, shift, { epsilon: 1e-2 }) })),
  convTranspose2d: transposedConvolutions.map(({ title, kernel, options }, seed) => {
    const outputs = kernel[1] * ("groups" in options ? options.groups : 1);
    return {
      title,
      inputs: [picture(seed + 60), randomTensor(kernel, seed + 70), randomTensor([outputs], seed + 80)],
      build: (x: Node, weight: Node, bias: Node) => convTranspose2d(x, weight, bias, options),
      constants: [1],
    };
  }),
  upsampleNearest: [1, 2, 3].map((size) => ({ title: `${size}`, inputs: [picture(29)], build: (x: Node) => upsampleNearest(x, { size }) })),
  upsampledConv2d: [
    { title: "few channels", x: picture(33), kernel: [3, 2, 3, 3] },
    { title: "whole blocks", x: picture(34, 16, 4, 3), kernel: [16, 16, 3, 3] },
    { title: "one pixel", x: picture(35, 2, 1, 1), kernel: [3, 2, 3, 3] },
    { title: "two pictures", x: randomTensor([2, 2, 3, 4], 36), kernel: [1, 2, 3, 3] },
  ].flatMap(({ title, x, kernel }) =>
    (["zero", "reflect"] as const).map((padMode) => ({
      title: `${title}, ${padMode}`,
      inputs: [x, randomTensor(kernel, 37), randomTensor([kernel[0]!], 38)],
      build: (picture: Node, weight: Node, bias: Node) => upsampledConv2d(picture, weight, bias, { padMode }),
      constants: [1, 2],
    })),
  ),
  conv2dInputGradient: [...convolutions, ...manyChannels].map(({ title, kernel, options }, seed) => {
    const attributes = { stride: 1, padding: 0, groups: 1, ...options };
    const size = (axis: 2 | 3) => Math.floor(((axis === 2 ? 5 : 6) + 2 * attributes.padding - kernel[axis]) / attributes.stride) + 1;
    return {
      title,
      inputs: [
        randomTensor([1, kernel[0], size(2), size(3)], seed),
        randomTensor(kernel, seed + 20),
        picture(seed, "groups" in options ? 2 : kernel[1]),
      ],
      build: (...inputs: Node[]) => conv2dInputGradientOperator.node(inputs, attributes),
      known: [1],
    };
  }),
  reflectPadGradient: [1, 2, 4].flatMap((padding) => {
    const inputs = [picture(15, 2, 5 + 2 * padding, 6 + 2 * padding), picture(16)];
    const build = (...nodes: Node[]) => reflectPadGradientOperator.node(nodes, { padding });
    return [
      { title: `${padding}`, inputs, build },
      { title: `${padding}, sizes known`, inputs, build, known: [0, 1] },
    ];
  }),
  reluGradient: [
    { title: "", inputs: [picture(16), rectified(picture(17))], build: (...inputs) => reluGradientOperator.node(inputs, {}) },
    {
      title: "whole blocks of channels",
      inputs: [picture(16, 16), rectified(picture(17, 16))],
      build: (...inputs) => reluGradientOperator.node(inputs, {}),
      known: [0, 1],
    },
  ],
  leakyReluGradient: [
    { title: "", inputs: [picture(30), picture(31)], build: (...inputs) => leakyReluGradientOperator.node(inputs, { slope: 0.2 }) },
  ],
  instanceNormGradient: [
    {
      title: "",
      inputs: [picture(32), picture(33), randomTensor([2], 34)],
      build: (...inputs) => instanceNormGradientOperator.node(inputs, { epsilon: 1e-2 }),
    },
  ],
  maxPoolGradient: [
    {
      title: "with equal maxima",
      inputs: [
        randomTensor([1, 1, 2, 1], 18),
        { shape: [1, 1, 2, 1], data: Float32Array.of(2, 4) },
        { shape: [1, 1, 5, 2], data: Float32Array.of(1, 2, 2, 0, 4, 3, 2, 1, 9, 9) },
      ],
      build: (...inputs) => maxPoolGradientOperator.node(inputs, { size: 2 }),
    },
  ],
  upsampleLike: [
    { title: "", inputs: [picture(19, 2, 2, 3), picture(20, 2, 5, 6)], known: [] },
    { title: "whole blocks of channels", inputs: [picture(19, 16, 2, 3), picture(20, 16, 5, 6)], known: [0, 1] },
    { title: "whole blocks of channels, nothing left out", inputs: [picture(19, 16, 2, 3), picture(20, 16, 4, 6)], known: [0, 1] },
  ].map((one) => ({ ...one, build: (x: Node, like: Node) => upsampleLike(x, like, { size: 2, factor: 0.5 }) })),
  padLike: [
    { title: "before", inputs: [picture(21, 2, 5, 2), picture(22)], build: (x, like) => padLike(x, like, { axis: 3, before: 3 }) },
    { title: "after", inputs: [picture(21, 2, 3, 6), picture(22)], build: (x, like) => padLike(x, like, { axis: 2, after: 0 }) },
  ],
  expandLike: [{ title: "", inputs: [randomTensor([1, 2, 1, 1], 24), picture(25)], build: expandLike }],
  unsqueeze: [{ title: "", inputs: [randomTensor([2, 3], 26)], build: (x) => unsqueeze(x, [0, 3]) }],
  reshapeLike: [
    { title: "", inputs: [randomTensor([2, 30], 27), picture(28)], build: (...inputs) => reshapeLikeOperator.node(inputs, {}) },
  ],
};
