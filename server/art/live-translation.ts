import type { Engine } from "../engine/engine.js";
import { type GeneratorProgram, type OpenGenerator, openGeneratorProgram, programKey } from "./generator.js";
import type { LiveTranslator } from "./painter.js";
import { decodePixels } from "./picture.js";
import { LARGEST_KEPT_AREA, type ProgramCache } from "./program-cache.js";
import { PixelTranslator } from "./translate-pixels.js";
import type { LiveTranslationWork } from "./work.js";

/** Opens a live translation on `engine`. @throws AtelierError UNAVAILABLE for a network that cannot be opened; OUT_OF_MEMORY. */
export async function openLiveTranslator(
  engine: Engine,
  openGenerator: OpenGenerator,
  programs: ProgramCache<GeneratorProgram>,
  { generator, size }: LiveTranslationWork,
): Promise<LiveTranslator> {
  const key = programKey(generator);
  const program = await programs.acquire(key, () => openGeneratorProgram(engine, generator, openGenerator));
  const translator = new PixelTranslator(program, generator.form, generator.id);
  return {
    decode: (picture) => decodePixels(picture, { longerSide: size }),
    translate: (picture) => translator.translate(picture),
    close: () => programs.release(key, { keep: size * size <= LARGEST_KEPT_AREA }),
  };
}
