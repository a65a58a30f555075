import type { Engine } from "../engine/engine.js";
import { type GeneratorProgram, type OpenGenerator, openGeneratorProgram, programKey } from "./generator.js";
import { CheckpointError, type PaintedStep, type Painter, type PainterFactory } from "./painter.js";
import { decodePlanes } from "./picture.js";
import { LARGEST_KEPT_AREA, ProgramCache } from "./program-cache.js";
import { largestArea, overlapFor, Tiling } from "./tiles.js";
import { type TranslatedPicture, translatePicture } from "./translate-picture.js";
import { type TranslateInOneRun, translateTiles } from "./translate-tiles.js";
import type { TranslationWork } from "./work.js";

/** A translation in work. It yields where other sessions may use the device, and returns the result. */
type TranslationRun = AsyncGenerator<void, TranslatedPicture>;

/**
 * Painters of translations on `engine`.
 * @param programs of generators; live translations may share them.
 * @param area Largest area of one run, px; larger pictures are translated in tiles.
 */
export function createTranslationFactory(
  engine: Engine,
  openGenerator: OpenGenerator,
  programs = new ProgramCache<GeneratorProgram>(),
  area = largestArea(Number.POSITIVE_INFINITY),
): PainterFactory<TranslationWork> {
  return {
    async open(work, checkpoint) {
      if (checkpoint !== null && checkpoint.byteLength > 0) throw new CheckpointError("A translation's checkpoint is empty.");
      const { generator, size } = work;
      const key = programKey(generator);
      const program = await programs.acquire(key, () => openGeneratorProgram(engine, generator, openGenerator));
      return new TranslationPainter(translate(program, work, area), () =>
        programs.release(key, { keep: size * size <= LARGEST_KEPT_AREA }),
      );
    },
    close: () => programs.close(),
  };
}

/** Translates the picture in one run where its area allows it, else in tiles. */
async function* translate(program: GeneratorProgram, { generator, source, size }: TranslationWork, area: number): TranslationRun {
  const { id, form, architecture } = generator;
  const inOneRun: TranslateInOneRun = (picture) => translatePicture(program, picture, form, id);
  const picture = await decodePlanes(source.bytes, { longerSide: size });
  if (picture.width * picture.height <= area) return await inOneRun(picture);
  const tiling = new Tiling(picture, { area, overlap: overlapFor(architecture), form });
  if (tiling.regions.length === 1) return await inOneRun(picture);
  const reduction = Math.sqrt(area / (picture.width * picture.height));
  const small = () => decodePlanes(source.bytes, { longerSide: Math.max(1, Math.floor(reduction * size)) });
  return yield* translateTiles(inOneRun, picture, tiling, small);
}

/** Paints one picture, step 0. Its checkpoint is empty: a translation always starts with its first tile. */
class TranslationPainter implements Painter {
  nextStep = 0;

  constructor(
    private readonly run: TranslationRun,
    private readonly release: () => Promise<void>,
  ) {}

  async paint(): Promise<PaintedStep | null> {
    const { done, value } = await this.run.next();
    return done ? { step: this.nextStep++, ...value, losses: null, last: true } : null;
  }

  checkpoint(): Uint8Array {
    return new Uint8Array();
  }

  close(): Promise<void> {
    return this.release();
  }
}
