import { type ConvolutionMethod, type Engine, gradientName, type Program, type ProgramRequest } from "../engine/engine.js";
import type { Graph } from "../graph/node.js";
import { elementCount, scalar, type Tensor, tensor } from "../graph/tensor.js";
import type { Losses } from "../records/pictures.js";
import type { LayerWeight, StyleTransferSettings } from "../records/settings.js";
import { inputNames, type ObjectiveLayers, outputNames } from "./losses.js";
import type { Planes } from "./painter.js";

/** Content features (1 x C x H' x W') and Gram matrices (C x C) to aim at, by the names of the graph's inputs. */
export type Targets = Readonly<Record<string, Tensor>>;

/** A picture's losses, and the gradient of their total towards the picture (3 x H x W). */
export interface Evaluation {
  losses: Losses;
  gradient: Float32Array;
}

type Weights = Pick<StyleTransferSettings, "alpha" | "beta" | "gamma" | "contentLayers" | "styleLayers">;

/** The layers that the settings name. A layer of weight 0 is kept, so that its loss can be read. */
export function objectiveLayers(weights: Pick<Weights, "contentLayers" | "styleLayers">): ObjectiveLayers {
  return {
    content: weights.contentLayers.map(({ layer }) => layer),
    style: weights.styleLayers.map(({ layer }) => layer),
  };
}

/**
 * Computes J and its gradient at one picture. `program` must be opened by `openObjective` for the same layers, and
 * `targets` must be measured at the picture's size.
 * @throws what `Program.run` throws.
 */
export async function evaluate(program: Program, picture: Planes, targets: Targets, weights: Weights): Promise<Evaluation> {
  const outputs = await program.run({
    ...targets,
    ...shares(weights.contentLayers, inputNames.contentWeight),
    ...shares(weights.styleLayers, inputNames.styleWeight),
    [inputNames.alpha]: scalar(weights.alpha),
    [inputNames.beta]: scalar(weights.beta),
    [inputNames.gamma]: scalar(weights.gamma),
    [inputNames.image]: asTensor(picture),
  });
  const value = (name: string) => outputs[name]!.data[0]!;
  return {
    losses: {
      total: value(outputNames.total),
      content: value(outputNames.content),
      style: value(outputNames.style),
      tv: value(outputNames.tv),
      layers: [
        ...weights.contentLayers.map(({ layer }) => ({ layer, term: "CONTENT" as const, value: value(outputNames.contentLayer(layer)) })),
        ...weights.styleLayers.map(({ layer }) => ({ layer, term: "STYLE" as const, value: value(outputNames.styleLayer(layer)) })),
      ],
    },
    gradient: outputs[gradientName(inputNames.image)]!.data,
  };
}

/**
 * Opens the program that `evaluate` runs: all outputs of an `objectiveGraph`, and the gradient of J towards the image.
 */
export function openObjective(engine: Engine, graph: Graph, convolutions?: ConvolutionMethod): Promise<Program> {
  return engine.open(graph, objectiveRequest(graph, convolutions));
}

/** What `openObjective` asks of an engine. */
export function objectiveRequest(graph: Graph, convolutions?: ConvolutionMethod): ProgramRequest {
  return { convolutions, outputs: Object.keys(graph), gradient: { of: outputNames.total, towards: [inputNames.image] } };
}

/** A picture as a tensor 1 x 3 x H x W, which shares the picture's data. */
export function asTensor({ width, height, data }: Planes): Tensor {
  return { shape: [1, 3, height, width], data };
}

/**
 * One set of Gram targets for several styles: the weighted mean of their Gram matrices (C x C), layer by layer. In each
 * layer, the weighted sum of squared distances to the styles equals the squared distance to this mean, times the sum of
 * the weights, plus a constant, so both have the same minimum.
 * Departure: with several styles, a layer's distance is divided by the squared length of the mean, not of each style.
 */
export function blendTargets(styles: readonly { targets: Targets; weight: number }[]): Targets {
  const sum = styles.reduce((total, { weight }) => total + weight, 0);
  const first = styles[0]!.targets;
  if (styles.length === 1) return first;
  return Object.fromEntries(
    Object.entries(first).map(([name, { shape }]) => {
      const data = new Float32Array(elementCount(shape));
      for (const { targets, weight } of styles) {
        const values = targets[name]!.data;
        for (let i = 0; i < data.length; i++) data[i] = data[i]! + (weight / sum) * values[i]!;
      }
      return [name, tensor(shape, data)];
    }),
  );
}

/** Each layer's weight as a share of their sum, by the names of the graph's inputs. */
function shares(weights: readonly LayerWeight[], name: (layer: string) => string): Record<string, Tensor> {
  const sum = weights.reduce((total, { weight }) => total + weight, 0);
  return Object.fromEntries(weights.map(({ layer, weight }) => [name(layer), scalar(weight / sum)]));
}
