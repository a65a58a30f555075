import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { selfTest } from "../../server/device/self-test.js";
import { speedTest } from "../../server/device/speed-test.js";
import type { Program, ProgramRequest } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import type { Inputs } from "../../server/engine/onnx-sessions.js";
import { constant, type Graph, type Node } from "../../server/graph/node.js";
import { add, mul } from "../../server/graph/operators/index.js";
import { tensor } from "../../server/graph/tensor.js";

/** An engine that computes another node than it should for those of one operator. */
class FaultyEngine extends OnnxEngine {
  constructor(
    private readonly operator: string,
    private readonly fault: (node: Node) => Node,
  ) {
    super(onCpu(1));
  }

  override get device(): string {
    return "faulty";
  }

  override open(graph: Graph, request: ProgramRequest) {
    const known = new Map<Node, Node>();
    const copied = (node: Node): Node => {
      const seen = known.get(node);
      if (seen) return seen;
      const copy = { ...node, inputs: node.inputs.map(copied) };
      const result = node.operator === this.operator ? this.fault(copy) : copy;
      known.set(node, result);
      return result;
    };
    return super.open(Object.fromEntries(Object.entries(graph).map(([name, node]) => [name, copied(node)])), request);
  }
}

function closedLater<Engine extends OnnxEngine>(engine: Engine): Engine {
  onTestFinished(() => engine.close());
  return engine;
}

const processor = () => closedLater(new OnnxEngine(onCpu(1)));
const tested = (device: OnnxEngine) => selfTest(closedLater(device), processor());

test("an engine that computes what the processor computes passes", async () => {
  await tested(new OnnxEngine(onCpu(1)));
});

test("a device is timed beside the processor with the same work", async () => {
  const { ms, processorMs } = await speedTest(processor(), processor());
  expect(ms).toBeGreaterThan(processorMs / 10);
  expect(processorMs).toBeGreaterThan(ms / 10);
});

/** An engine whose programs run as `alter` says, given the true program. */
class AlteredEngine extends OnnxEngine {
  constructor(private readonly alter: (program: Program, inputs: Inputs) => ReturnType<Program["run"]>) {
    super(onCpu(1));
  }

  override async open(graph: Graph, request: ProgramRequest): Promise<Program> {
    const program = await super.open(graph, request);
    return { close: () => program.close(), run: (inputs) => this.alter(program, inputs) };
  }
}

test("a device that is slow with little work gets no more of it", async () => {
  const pixels: number[] = [];
  const slow = new AlteredEngine(async (program, inputs) => {
    pixels.push(Math.max(...Object.values(inputs).map(({ shape }) => shape[3] ?? 0)));
    await delay(150);
    return program.run(inputs);
  });
  expect((await speedTest(closedLater(slow), processor())).ms).toBeGreaterThan(100);
  expect(Math.max(...pixels)).toBeLessThan(100);
});

test("a wrong kernel of a gradient is found", async () => {
  const wrong = new AlteredEngine(async (program, inputs) => {
    const values = await program.run(inputs);
    for (const [name, { data }] of Object.entries(values)) if (name.startsWith("gradient:")) data[7]! += 0.1;
    return values;
  });
  await expect(tested(wrong)).rejects.toMatchObject({ message: expect.stringMatching(/: the gradient differs by /) });
});

const withAttributes = (attributes: Node["attributes"]) => (node: Node) => ({ ...node, attributes: { ...node.attributes, ...attributes } });
const plus = (value: number) => (node: Node) => add(node, constant(tensor([1], [value])));
/** Not a multiple of what it should be, which a normalisation would hide. */
const bent = (node: Node) => add(node, mul(mul(node, node), constant(tensor([1], [0.2]))));

test.each<[string, string, (node: Node) => Node]>([
  ["relu", "the loss", (node) => ({ ...node, operator: "leakyRelu", attributes: { slope: 0.02 } })],
  ["avgPool", "the loss", (node) => ({ ...node, operator: "maxPool" })],
  ["maxPool", "the loss", (node) => ({ ...node, operator: "avgPool" })],
  ["conv2d", "the loss", plus(0.01)],
  ["abs", "the loss", plus(0.01)],
  ["instanceNorm", "a generated picture", withAttributes({ epsilon: 0.1 })],
  ["leakyRelu", "a generated picture", withAttributes({ slope: 0 })],
  ["convTranspose2d", "a generated picture", bent],
  ["upsampledConv2d", "a generated picture", bent],
  ["tanh", "a generated picture", plus(0.02)],
  ["tanh", "a generated picture", plus(Number.NaN)],
])("a wrong kernel of %s is found: %s differs", async (operator, what, fault) => {
  await expect(tested(new FaultyEngine(operator, fault))).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringMatching(new RegExp(`^The device faulty \\(.*\\) computes wrong numbers: ${what}.* differs by .*driver`)),
  });
});
