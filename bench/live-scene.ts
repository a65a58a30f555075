import { join } from "node:path";
import { openGeneratorProgram } from "../server/art/generator.js";
import type { Engine } from "../server/engine/engine.js";
import { tensor } from "../server/graph/tensor.js";
import { openGenerator } from "../server/models/generators.js";
import { openRegistry } from "../server/models/registry.js";
import { rootFolder } from "../server/paths.js";

/** One run of the generator, as every compared program reports it. */
export interface GeneratorRun {
  ms: number;
  /** Mean square of the output's values, which must be the same for all. */
  power: number;
}

/** Id of the bundled generator that is compared. */
export const comparedGenerator = "photo-to-painting";

/**
 * Opens the compared generator on `engine`, and returns a function that runs it once on a picture of waves: of its
 * 3 x `size` x `size` values, number i is sin(i / 37).
 */
export async function openLiveScene(engine: Engine, size: number): Promise<() => Promise<GeneratorRun>> {
  const registry = await openRegistry({ bundledDir: join(rootFolder, "models", "bundled"), mirrorDir: null });
  const { card, path } = await registry.file(comparedGenerator);
  if (!card.translation) throw new Error(`The card of ${comparedGenerator} does not say how pictures go in.`);
  const file = { id: comparedGenerator, path, architecture: card.architecture, form: card.translation };
  const program = await openGeneratorProgram(engine, file, openGenerator);
  const picture = tensor(
    [1, 3, size, size],
    Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i / 37)),
  );
  return async () => {
    const began = performance.now();
    const { data } = await program.run(picture);
    const ms = performance.now() - began;
    return { ms, power: data.reduce((sum, value) => sum + value * value, 0) / data.length };
  };
}
