import type { FeatureNetwork } from "../art/feature-network.js";
import { inputNames, objectiveGraph, targetGraph } from "../art/losses.js";
import type { Engine, Program } from "../engine/engine.js";
import { constant, type Graph, type Node } from "../graph/node.js";
import { avgPool, conv2d, maxPool, relu } from "../graph/operators/index.js";
import { elementCount, scalar, type Tensor, tensor } from "../graph/tensor.js";

/** A loss of style transfer to compute, with all that it needs. */
export interface Scene {
  objective: Graph;
  inputs: Readonly<Record<string, Tensor>>;
}

export interface SceneSize {
  /** Channels of the three layers. */
  widths: readonly [number, number, number];
  /** px */
  height: number;
  /** px */
  width: number;
}

const layers = { content: ["conv3"], style: ["conv1", "conv2", "conv3"] };

const weights: Readonly<Record<string, Tensor>> = {
  [inputNames.alpha]: scalar(1),
  [inputNames.beta]: scalar(40),
  [inputNames.gamma]: scalar(0.2),
  [inputNames.contentWeight("conv3")]: scalar(1),
  ...Object.fromEntries(layers.style.map((layer) => [inputNames.styleWeight(layer), scalar(1 / layers.style.length)])),
};

/** The loss of a small network whose weights and pictures come from formulas; its targets are measured on `processor`. */
export async function openScene(processor: Engine, { widths, height, width }: SceneSize): Promise<Scene> {
  const network = networkOf(widths);
  const targets = targetGraph(network, layers);
  const program = await processor.open(targets, { outputs: Object.keys(targets) });
  const measured = await used(program, () => program.run({ [inputNames.image]: picture(17, height, width) }));
  return {
    objective: objectiveGraph(network, layers),
    inputs: { ...measured, ...weights, [inputNames.image]: picture(1, height, width) },
  };
}

/** A narrow network in the manner of VGG-19. */
function networkOf([first, second, third]: SceneSize["widths"]): FeatureNetwork {
  return {
    id: "self-test",
    layers: layers.style,
    minimumSide: () => 4,
    features(image) {
      const conv1 = relu(conv2d(image, waves([first, 3, 3, 3], 2), waves([first], 3), { padding: 1 }));
      const conv2 = relu(conv2d(avgPool(conv1, { size: 2 }), waves([second, first, 3, 3], 4), waves([second], 5), { padding: 1 }));
      const conv3 = relu(conv2d(maxPool(conv2, { size: 2 }), waves([third, second, 3, 3], 6), waves([third], 7), { padding: 1 }));
      return { conv1, conv2, conv3 };
    },
  };
}

/** A picture of waves, [1, 3, height, width] in 0..1. */
export function picture(phase: number, height: number, width: number): Tensor {
  const shape = [1, 3, height, width];
  return {
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, (_, i) => 0.5 + 0.5 * Math.sin(i * 0.071 + i * i * 1e-5 + phase)),
  };
}

/** Weights of either sign, so small that values neither grow nor vanish from layer to layer. */
export function waves(shape: readonly number[], phase: number): Node {
  const size = shape.length === 1 ? 0.1 : Math.sqrt(6 / (elementCount(shape) / shape[0]!));
  return constant(
    tensor(
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => size * Math.sin(i * 1.7 + i * i * 3e-4 + phase)),
    ),
  );
}

/** Runs `work`, and closes the program after it. */
export async function used<Result>(program: Program, work: (program: Program) => Promise<Result>): Promise<Result> {
  try {
    return await work(program);
  } finally {
    await program.close();
  }
}
