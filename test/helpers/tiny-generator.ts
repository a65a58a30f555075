import type { OpenGenerator } from "../../server/art/generator.js";
import type { TranslationWork } from "../../server/art/work.js";
import type { Node } from "../../server/graph/node.js";
import type { ResNetGeneratorArchitecture } from "../../server/models/architecture.js";
import type { TranslationForm } from "../../server/models/card.js";
import { pngPicture } from "./pictures.js";

/** A valid architecture of a generator, for tests in which its values do not matter. */
export const anyArchitecture: ResNetGeneratorArchitecture = {
  family: "resnet-generator",
  channels: [4, 8, 8],
  blocks: 1,
  norm: "instance",
  affine: false,
  statistics: "picture",
  upsampling: "nearest",
  separable: false,
  dropout: false,
};

/** Opens `apply` as the network, whatever the file is. */
export function generatorOf(apply: (picture: Node) => Node): OpenGenerator {
  return async () => ({ apply });
}

/** A translation of a picture of noise; by default `form` has values from -1 to 1 and accepts every size. */
export async function translationWork(
  changes: { form?: Partial<TranslationForm>; width?: number; height?: number; size?: number } = {},
): Promise<TranslationWork> {
  const { form, width = 24, height = 18, size = Math.max(width, height) } = changes;
  return {
    kind: "TRANSLATION",
    generator: {
      id: "tiny",
      path: "tiny",
      sha256: "0".repeat(64),
      architecture: anyArchitecture,
      form: { inputName: "input", outputName: "output", inputRange: "SIGNED", outputRange: "SIGNED", sizeMultiple: 1, minSize: 1, ...form },
    },
    source: await pngPicture(width, height),
    size,
  };
}
