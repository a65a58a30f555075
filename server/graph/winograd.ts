import { type Graph, inOrder, type Node } from "./node.js";
import { TILE, transformedLength } from "./onnx/winograd.js";
import type { Tensor } from "./tensor.js";

/** A convolution that Winograd's method can compute. */
export interface Candidate {
  /** Channels that it reads and returns. */
  channels: readonly [number, number];
  /** Tiles of 4 x 4 results. */
  tiles: number;
}

/** Decides for one convolution. Pictures depend on it to the byte, so a rule that is in use never changes. */
export type WinogradRule = (convolution: Candidate) => boolean;

/**
 * Where it clearly saves time on the CPU (bench/convolutions.ts): the work of the products grows with both numbers of
 * channels, the work around them with their sum.
 */
export const whereFaster: WinogradRule = ({ channels: [a, b], tiles }) => {
  const products = (a * b) / (a + b);
  return products >= 85 ? tiles >= 64 : products >= 64 && tiles >= 256 && tiles <= 2048;
};

/**
 * Marks the convolutions of a graph without free sizes that are computed by Winograd's method: those with constant
 * kernels of 3 x 3 values, stride 1, no groups and one picture, and their gradients, where `rule` says so.
 */
export function withWinograd(outputs: Graph, rule: WinogradRule): Graph {
  const marked = new Map<Node, Node>();
  for (const node of inOrder(Object.values(outputs))) {
    const inputs = node.inputs.map((input) => marked.get(input) as Node);
    const found = candidate(node);
    const attributes = found && rule(found) ? { ...node.attributes, winograd: true } : node.attributes;
    marked.set(node, { ...node, inputs, attributes });
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, node]) => [name, marked.get(node) as Node]));
}

/** Tiles of a picture of 128 x 128 values. */
const SOME_TILES = 1024;

/**
 * Memory for the transformed weights of `nodes`, whose sizes may be free, where `rule` asks for Winograd's method, bytes;
 * 0 where it asks for none.
 */
export function transformedByteLength(nodes: readonly Node[], rule: WinogradRule): number {
  return nodes
    .filter((node) => fits(node) && rule({ channels: channelsOf(node), tiles: SOME_TILES }))
    .reduce((sum, { inputs: [, weight] }) => sum + 4 * transformedLength(weight?.attributes.value as Tensor), 0);
}

/** Whether it is a convolution that Winograd's method computes at every size. */
function fits({ operator, inputs: [, weight], attributes: { stride, padding, groups } }: Node): boolean {
  if (operator !== "conv2d" && operator !== "conv2dInputGradient") return false;
  const isPlain = stride === 1 && groups === 1 && (padding as number) <= 2;
  return isPlain && weight?.operator === "constant" && weight.shape[2] === 3 && weight.shape[3] === 3;
}

function candidate(node: Node): Candidate | null {
  const [batch, , height, width] = node.shape as readonly number[];
  if (!fits(node) || batch !== 1 || !height || !width) return null;
  return { channels: channelsOf(node), tiles: Math.ceil(height / TILE) * Math.ceil(width / TILE) };
}

function channelsOf({ inputs: [x], shape }: Node): [number, number] {
  return [(x as Node).shape[1] as number, shape[1] as number];
}
