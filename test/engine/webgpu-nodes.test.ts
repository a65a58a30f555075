import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openFeatureNetwork } from "../../server/art/feature-network.js";
import { inputNames, objectiveGraph } from "../../server/art/losses.js";
import { objectiveRequest } from "../../server/art/objective.js";
import { compile } from "../../server/engine/compile.js";
import { onWebGpu } from "../../server/engine/onnx-providers.js";
import { FREE, type Graph, input } from "../../server/graph/node.js";
import { withSizes } from "../../server/graph/sizes.js";
import { elementCount, type Tensor } from "../../server/graph/tensor.js";
import { toOnnx } from "../../server/graph/to-onnx.js";
import { isGenerator } from "../../server/models/architecture.js";
import { parseCard } from "../../server/models/card.js";
import { openGenerator } from "../../server/models/generators.js";
import { softwareVulkan } from "../helpers/software-vulkan.js";

const bundled = join(import.meta.dirname, "../../models/bundled");

/** Most numbers in a result of the arithmetic with sizes. Values of pictures are more. */
const FEW = 16;

/** A node in ONNX Runtime's profile. */
interface ProfiledNode {
  provider: string;
  op_name: string;
  /** Sizes of its results, each under the name of its type. */
  output_type_shape: Record<string, number[]>[];
}

async function cardOf(model: string) {
  const folder = join(bundled, model);
  const card = parseCard(await readFile(join(folder, "card.json"), "utf8"))!;
  return { id: model, path: join(folder, card.file), architecture: card.architecture! };
}

/**
 * The nodes that WebGPU leaves to the processor in one run, by ONNX Runtime's own profile: operators, and how many numbers
 * the largest result has.
 */
async function leftToProcessor(graph: Graph, inputs: Record<string, Tensor>): Promise<{ operators: string[]; largest: number }> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-webgpu-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const profiled = { enableProfiling: true, profileFilePrefix: join(folder, "run") };
  const session = await InferenceSession.create(toOnnx(graph), { ...onWebGpu().options, ...profiled });
  await session.run(
    Object.fromEntries(Object.entries(inputs).map(([name, { data, shape }]) => [name, new OnnxTensor("float32", data, shape)])),
  );
  session.endProfiling();
  await session.release();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file!), "utf8")) as {
    name: string;
    args: Partial<ProfiledNode>;
  }[];
  const nodes = events.filter(({ name, args }) => name.endsWith("_kernel_time") && args.provider !== undefined);
  expect(nodes.some(({ args }) => args.provider === "WebGpuExecutionProvider")).toBe(true);
  const left = nodes.filter(({ args }) => args.provider === "CPUExecutionProvider").map(({ args }) => args);
  const counts = left.flatMap(({ output_type_shape: results = [] }) =>
    results.flatMap((result) => Object.values(result).map(elementCount)),
  );
  return { operators: [...new Set(left.map(({ op_name }) => op_name!))], largest: Math.max(0, ...counts) };
}

const waves = (shape: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => 0.5 + 0.5 * Math.sin(i / 7)),
});

describe.skipIf(softwareVulkan === null)("nodes that WebGPU leaves to the processor", () => {
  beforeAll(() => {
    Object.assign(process.env, softwareVulkan);
  });

  test("a step of a painting: none where sizes are known, else arithmetic with sizes alone", async () => {
    const network = await openFeatureNetwork(await cardOf("vgg19-lite"));
    const graph = objectiveGraph(network, { content: ["conv4_2"], style: ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"] });
    const { outputs, inputs: nodes } = compile(graph, objectiveRequest(graph));
    const size = 32;
    const shapeOf = (name: string, shape: Graph[string]["shape"]) =>
      shape.map((one) => (one === FREE ? (name === inputNames.image ? size : size / 8) : one));
    const inputs = Object.fromEntries([...nodes].map(([name, { shape }]) => [name, waves(shapeOf(name, shape))]));
    expect((await leftToProcessor(withSizes(outputs, inputs), inputs)).operators).toEqual([]);
    const { operators, largest } = await leftToProcessor(outputs, inputs);
    expect(operators.length).toBeGreaterThan(0);
    expect(largest, operators.join()).toBeLessThanOrEqual(FEW);
  });

  test.each(["photo-to-painting", "painting-to-photo", "drawing-to-emoji"])("%s: arithmetic with sizes alone", async (model) => {
    const { path, architecture } = await cardOf(model);
    if (!isGenerator(architecture)) throw new Error(`${model} is no generator.`);
    const generator = await openGenerator(path, architecture);
    const side = architecture.family === "unet-generator" ? 2 ** architecture.channels.length : 32;
    const { operators, largest } = await leftToProcessor(
      { made: generator.apply(input("picture", [1, 3, FREE, FREE])) },
      { picture: waves([1, 3, side, side]) },
    );
    expect(largest, operators.join()).toBeLessThanOrEqual(FEW);
  });
});
