import { expect, it } from "vitest";
import { GraphError, input } from "../../server/graph/node.js";
import { reluGradientOperator } from "../../server/graph/operators/activations.js";
import { forwardOperators } from "../../server/graph/operators/index.js";
import { TfjsGraph } from "../../server/graph/to-tfjs.js";

it.each(forwardOperators.map(({ name }) => name))("has a rule for %s", (operator) => {
  const node = { operator, inputs: [], shape: [1], attributes: {} };
  expect(() => new TfjsGraph({ node })).not.toThrow();
});

it("rejects a graph with an operator that has no rule, and names the operator", () => {
  const node = reluGradientOperator.node([input("upstream", [2]), input("result", [2])], {});
  expect(() => new TfjsGraph({ node })).toThrow(GraphError);
  expect(() => new TfjsGraph({ node })).toThrow(/reluGradient/);
});
