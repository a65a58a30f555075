import type { Engine } from "../engine/engine.js";
import { CheckpointError } from "./checkpoint-error.js";
import { type GeneratorProgram, type OpenGenerator, openGeneratorProgram, programKey } from "./generator.js";
import type { Painter, PainterFactory, Painting } from "./painter.js";
import { decodePicture } from "./picture.js";
import { LARGEST_KEPT_AREA, ProgramCache } from "./program-cache.js";
import { translatePicture } from "./translate-picture.js";
import type { TranslationWork } from "./work.js";

/** Translations on `engine`; `programs` are shared with whoever else translates. */
export function createTranslationFactory(
  engine: Engine,
  openGenerator: OpenGenerator,
  programs = new ProgramCache<GeneratorProgram>(),
): PainterFactory<TranslationWork> {
  return {
    async open({ generator, source, size }, checkpoint) {
      if (checkpoint !== null && checkpoint.byteLength > 0) throw new CheckpointError("A translation's checkpoint is empty.");
      const { id, form } = generator;
      const key = programKey(generator);
      const program = await programs.acquire(key, () => openGeneratorProgram(engine, generator, openGenerator));
      const translate = async () => translatePicture(program, await decodePicture(source.bytes, { longerSide: size }), form, id);
      return new TranslationPainter(translate, () => programs.release(key, { keep: size * size <= LARGEST_KEPT_AREA }));
    },
    close: () => programs.close(),
  };
}

/** Paints one picture, step 0, which needs no state: its checkpoint is empty. */
class TranslationPainter implements Painter {
  nextStep = 0;

  constructor(
    private readonly translate: () => Promise<Pick<Painting, "planes" | "computeMs">>,
    private readonly release: () => Promise<void>,
  ) {}

  async paint(): Promise<Painting> {
    const picture = await this.translate();
    return { step: this.nextStep++, ...picture, losses: null, last: true };
  }

  checkpoint(): Uint8Array {
    return new Uint8Array();
  }

  close(): Promise<void> {
    return this.release();
  }
}
