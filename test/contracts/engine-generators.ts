import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inRoot } from "../../scripts/root.mjs";
import { openGeneratorProgram } from "../../server/art/generator.js";
import type { Engine } from "../../server/engine/engine.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { parseCard } from "../../server/models/card.js";
import { openGenerator } from "../../server/models/generators.js";
import { randomTensor } from "../helpers/random.js";

/** Bundled generators, and sides of pictures, px, that are small and still pass all their layers. */
const generators = [
  { model: "photo-to-painting", side: 64 },
  { model: "painting-to-photo", side: 64 },
  { model: "drawing-to-emoji", side: 128 },
];

/** Bundled generators: every engine translates as the onnx engine does. */
export function engineGeneratorsContract(name: string, open: () => Promise<Engine>): void {
  describe(`engine ${name} with bundled generators`, () => {
    it.each(generators)("translates as onnx does: $model", async ({ model, side }) => {
      const folder = inRoot(`models/bundled/${model}`);
      const { file, sha256, architecture, translation } = parseCard(await readFile(join(folder, "card.json"), "utf8"))!;
      const generator = { id: model, path: join(folder, file), sha256, architecture, form: translation! };
      const picture = randomTensor([1, 3, side, side], 5);
      const translated = async (engine: Engine) => {
        const program = await openGeneratorProgram(engine, generator, openGenerator);
        const { data } = await program.run(picture);
        await engine.close();
        return data;
      };
      const [ours, expected] = [await translated(await open()), await translated(new OnnxEngine())];
      expect(length(expected)).toBeGreaterThan(1);
      expect(length(ours.map((value, i) => value - expected[i]!)) / length(expected)).toBeLessThan(1e-3);
    });
  });
}

function length(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
