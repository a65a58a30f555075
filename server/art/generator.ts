import type { Engine, Program } from "../engine/engine.js";
import { unavailable } from "../errors.js";
import { FREE, input } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { type GeneratorArchitecture, isGenerator } from "../models/architecture.js";
import type { Generator } from "../models/generators.js";
import type { GeneratorFile } from "./work.js";

/** Reads a generator's weights from disk. @throws AtelierError UNAVAILABLE when the file cannot be read. */
export type OpenGenerator = (path: string, architecture: GeneratorArchitecture) => Promise<Generator>;

/** A generator that is ready to run: one picture in, one picture out. */
export interface GeneratorProgram {
  /**
   * Runs the network once. Picture and result are 1 x 3 x H x W, in the input and output ranges of the model's card.
   * @throws AtelierError UNAVAILABLE when the output that the card names is missing; what `Program.run` throws.
   */
  run(picture: Tensor): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Opens a generator on `engine`. Weights with an architecture run on every engine, ONNX files on those that read them.
 * @throws AtelierError UNAVAILABLE for a file that cannot be read or that this engine does not run; OUT_OF_MEMORY.
 */
export async function openGeneratorProgram(
  engine: Engine,
  file: Omit<GeneratorFile, "sha256">,
  openGenerator: OpenGenerator,
): Promise<GeneratorProgram> {
  const { id, path, architecture, form } = file;
  if (architecture === null) return namedProgram(await openFile(engine, file), form.inputName, form.outputName, id);
  if (!isGenerator(architecture)) throw unavailable(`The model ${id} has an architecture that translates no pictures.`);
  const generator = await openGenerator(path, architecture);
  const translated = generator.apply(input("picture", [1, 3, FREE, FREE]));
  return namedProgram(await engine.open({ translated }, { outputs: ["translated"] }), "picture", "translated", id);
}

function openFile(engine: Engine, { id, path }: Pick<GeneratorFile, "id" | "path">): Promise<Program> {
  if (engine.openFile) return engine.openFile(path);
  throw unavailable(`The model ${id} is an ONNX file, which the engine ${engine.name} does not run.`);
}

function namedProgram(program: Program, inputName: string, outputName: string, id: string): GeneratorProgram {
  return {
    async run(picture) {
      const { [outputName]: result } = await program.run({ [inputName]: picture });
      if (!result) throw unavailable(`The model ${id} has no output with the name that its card gives.`);
      return result;
    },
    close: () => program.close(),
  };
}

/**
 * Key of a generator's program in a cache. A model that is downloaded again may have other weights at the same path.
 */
export function programKey({ path, sha256 }: Pick<GeneratorFile, "path" | "sha256">): string {
  return `${path} ${sha256}`;
}
