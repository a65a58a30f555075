import { describe, expect, it } from "vitest";
import { constant, GraphError, inOrder, input, type Node } from "../../server/graph/node.js";
import { abs, add, conv2d, count, mul, reduceSum, relu } from "../../server/graph/operators/index.js";
import { gradients } from "../../server/graph/reverse.js";
import { randomTensor } from "../helpers/random.js";

const x = input("x", [1, 2, 4, 4]);
const operatorsOf = (nodes: Node[]) => inOrder(nodes).map(({ operator }) => operator);

describe("reverse mode", () => {
  it("builds gradients only with respect to the requested inputs", () => {
    const other = input("other", [1, 2, 4, 4]);
    const loss = reduceSum(add(mul(x, constant(randomTensor([1, 2, 4, 4], 1))), abs(other)), "all");
    const built = operatorsOf(gradients(loss, [x]));
    expect(built).not.toContain("sign");
    expect(built).not.toContain("abs");
    expect(operatorsOf(gradients(loss, [x, other]))).toContain("sign");
  });

  it("adds up the gradients of several paths", () => {
    const loss = reduceSum(add(relu(x), mul(x, x)), "all");
    const [gradient] = gradients(loss, [x]);
    expect(gradient?.shape).toEqual(x.shape);
    expect(operatorsOf([gradient as Node]).filter((name) => name === "add").length).toBeGreaterThanOrEqual(2);
  });

  it("throws when an operator has no gradient rule for an input", () => {
    const weight = input("weight", [3, 2, 3, 3]);
    const loss = reduceSum(conv2d(x, weight, null), "all");
    expect(() => gradients(loss, [weight])).toThrow(/conv2d has no gradient rule towards its input 1/);
    expect(gradients(loss, [x])).toHaveLength(1);
  });

  it("throws when no gradient reaches an input", () => {
    const free = input("free", [1, 2, "free", "free"]);
    expect(() => gradients(count(free, "all"), [free])).toThrow(GraphError);
    expect(() => gradients(reduceSum(x, "all"), [free])).toThrow(/no gradient towards input "free"/);
  });

  it("differentiates only scalars", () => {
    expect(() => gradients(x, [x])).toThrow(/only a scalar/);
  });

  it("handles graphs thousands of nodes deep", () => {
    let value = x;
    for (let i = 0; i < 20_000; i++) value = relu(value);
    expect(gradients(reduceSum(value, "all"), [x])).toHaveLength(1);
  });
});
