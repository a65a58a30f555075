import type { Engine } from "../engine/engine.js";
import { CheckpointError } from "./checkpoint-error.js";
import { type GeneratorProgram, type OpenGenerator, openGeneratorProgram, programKey } from "./generator.js";
import type { Painter, PainterFactory, Painting } from "./painter.js";
import { decodePicture } from "./picture.js";
import { LARGEST_KEPT_AREA, ProgramCache } from "./program-cache.js";
import { largestArea, overlapFor, Tiling } from "./tiles.js";
import { translatePicture } from "./translate-picture.js";
import { type Translate, translateTiles } from "./translate-tiles.js";
import type { TranslationWork } from "./work.js";

/** What a translation comes to, after any number of pauses in which others may use the device. */
type Translation = AsyncGenerator<void, Pick<Painting, "planes" | "computeMs">>;

/** Translations on `engine`; `programs` are shared with whoever else translates. A run takes at most `area` px at once. */
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
      return new TranslationPainter(translation(program, work, area), () =>
        programs.release(key, { keep: size * size <= LARGEST_KEPT_AREA }),
      );
    },
    close: () => programs.close(),
  };
}

/** The picture as a whole where its area allows it, else in tiles. */
async function* translation(program: GeneratorProgram, { generator, source, size }: TranslationWork, area: number): Translation {
  const { id, form, architecture } = generator;
  const translate: Translate = (picture) => translatePicture(program, picture, form, id);
  const picture = await decodePicture(source.bytes, { longerSide: size });
  if (picture.width * picture.height <= area) return await translate(picture);
  const tiling = new Tiling(picture, { area, overlap: overlapFor(architecture), form });
  if (tiling.places.length === 1) return await translate(picture);
  const reduction = Math.sqrt(area / (picture.width * picture.height));
  const small = () => decodePicture(source.bytes, { longerSide: Math.max(1, Math.floor(reduction * size)) });
  return yield* translateTiles(translate, picture, tiling, small);
}

/** Paints one picture, step 0, which needs no state: its checkpoint is empty, and what is begun anew begins with the first tile. */
class TranslationPainter implements Painter {
  nextStep = 0;

  constructor(
    private readonly translation: Translation,
    private readonly release: () => Promise<void>,
  ) {}

  async paint(): Promise<Painting | null> {
    const { done, value } = await this.translation.next();
    return done ? { step: this.nextStep++, ...value, losses: null, last: true } : null;
  }

  checkpoint(): Uint8Array {
    return new Uint8Array();
  }

  close(): Promise<void> {
    return this.release();
  }
}
