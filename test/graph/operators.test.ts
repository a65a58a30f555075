import { afterAll, describe, expect, it } from "vitest";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { operators } from "../../server/graph/operators/index.js";
import { checkOperator } from "../helpers/gradient-check.js";
import { operatorCases } from "./operator-cases.js";

const engine = new OnnxEngine(onCpu(1));
afterAll(() => engine.close());

describe.each(operators.map(({ name }) => name))("%s", (name) => {
  const cases = operatorCases[name] ?? [];

  it("has a case", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  it.each(cases.map((one) => [one.title, one] as const))("agrees with the reference and with central differences: %s", async (_, one) => {
    await checkOperator(name, engine, one);
  });
});
