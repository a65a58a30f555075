import { FREE, input, type Node } from "../graph/index.js";
import type { GeneratorArchitecture } from "./architecture.js";
import { resnetGenerator } from "./resnet-generator.js";
import { readSafetensors } from "./safetensors.js";
import { unetGenerator } from "./unet-generator.js";
import type { Weights } from "./weights.js";

/** A network that turns one picture into another of the same size. */
export interface Generator {
  /**
   * @param x [1, 3, H, W] in -1..1, RGB; height and width as `sideMultiple` and `minimumSide` of the architecture say.
   * @returns [1, 3, H, W], -1..1.
   */
  apply(x: Node): Node;
}

/**
 * Opens a generator's safetensors file.
 * @throws AtelierError UNAVAILABLE when it cannot be read or its weights are not of this architecture.
 */
export async function openGenerator(path: string, architecture: GeneratorArchitecture): Promise<Generator> {
  const generator = generatorOf(await readSafetensors(path), architecture);
  // Built once for nothing, so that weights that do not fit are refused here.
  generator.apply(input("x", [1, 3, FREE, FREE]));
  return generator;
}

/** A generator out of weights at hand. Its `apply` throws AtelierError UNAVAILABLE when they are not of this architecture. */
export function generatorOf(weights: Weights, architecture: GeneratorArchitecture): Generator {
  if (architecture.family === "resnet-generator") return { apply: (x) => resnetGenerator(x, weights, architecture) };
  return { apply: (x) => unetGenerator(x, weights, architecture) };
}
