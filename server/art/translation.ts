import { performance } from "node:perf_hooks";
import type { PictureRange, TranslationForm } from "../../models/card.js";
import type { Engine } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import { type Tensor, tensor } from "../graph/index.js";
import { CheckpointError } from "./checkpoint-error.js";
import { type GeneratorProgram, type OpenGenerator, openGeneratorProgram } from "./generator.js";
import type { Painter, PainterFactory, Painting, Planes } from "./painter.js";
import { decodePicture } from "./picture.js";
import { centred, crop, padByReflection } from "./picture-padding.js";
import { ProgramCache } from "./program-cache.js";
import type { PictureSize } from "./scales.js";
import type { TranslationWork } from "./work.js";

/** What a value v of 0..1 is in each range: v * scale + offset. */
const ranges: Record<PictureRange, { scale: number; offset: number }> = {
  UNIT: { scale: 1, offset: 0 },
  SIGNED: { scale: 2, offset: -1 },
  BYTE: { scale: 255, offset: 0 },
};

/** Longest side of a picture with its border, px: a card that asks for more than any network does gets no memory. */
const MAX_PADDED_SIDE = 4096;

/**
 * Area up to which a program stays open for the next picture, px. ONNX Runtime keeps the memory of the largest picture
 * that a program ran, up to 1,300 bytes a pixel; above this a new program costs little beside the picture itself.
 */
const LARGEST_KEPT_AREA = 512 * 512;

/** Translations on `engine`; the generators' programs are shared by the painters of one factory. */
export function createTranslationFactory(engine: Engine, openGenerator: OpenGenerator): PainterFactory<TranslationWork> {
  const programs = new ProgramCache<GeneratorProgram>();
  return {
    async open({ generator, source, size }, checkpoint) {
      if (checkpoint !== null && checkpoint.byteLength > 0) throw new CheckpointError("A translation's checkpoint is empty.");
      const { path, sha256, id, form } = generator;
      // A model that is fetched again may lie at the same path with other weights.
      const key = `${path} ${sha256}`;
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

/** Runs `program` on a picture with a mirrored border that brings its sides to what the network takes, and cuts that off. */
async function translatePicture(
  program: GeneratorProgram,
  picture: Planes,
  form: TranslationForm,
  id: string,
): Promise<Pick<Painting, "planes" | "computeMs">> {
  const began = performance.now();
  const size = paddedSize(picture, form);
  const result = await program.run(feed(padByReflection(picture, size), form.inputRange));
  requirePicture(result, size, id);
  const planes = crop(fromResult(result, size, form.outputRange), centred(picture, size));
  return { planes, computeMs: performance.now() - began };
}

function paddedSize({ width, height }: PictureSize, { sizeMultiple, minSize }: TranslationForm): PictureSize {
  const pad = (side: number) => Math.ceil(Math.max(side, minSize) / sizeMultiple) * sizeMultiple;
  const size = { width: pad(width), height: pad(height) };
  if (Math.max(size.width, size.height) <= MAX_PADDED_SIDE) return size;
  throw new AtelierError("UNAVAILABLE", `The model takes no picture of less than ${size.width} x ${size.height} px at this size.`, {
    limit: MAX_PADDED_SIDE,
  });
}

/** Planes (0..1) as 1 x 3 x H x W in `range`. */
function feed({ width, height, data }: Planes, range: PictureRange): Tensor {
  const { scale, offset } = ranges[range];
  return tensor(
    [1, 3, height, width],
    data.map((value) => value * scale + offset),
  );
}

/** 1 x 3 x H x W in `range` as planes, cut back to 0..1. */
function fromResult({ data }: Tensor, size: PictureSize, range: PictureRange): Planes {
  const { scale, offset } = ranges[range];
  return { ...size, data: data.map((value) => Math.min(1, Math.max(0, (value - offset) / scale))) };
}

/** @throws AtelierError UNAVAILABLE when the network's answer is no picture of `size`. */
function requirePicture({ shape, data }: Tensor, { width, height }: PictureSize, id: string): void {
  if (shape.join() !== [1, 3, height, width].join()) {
    throw new AtelierError("UNAVAILABLE", `The model ${id} answered [${shape.join(", ")}] to a picture of ${width} x ${height} px.`);
  }
  if (!data.every(Number.isFinite)) throw new AtelierError("UNAVAILABLE", `The model ${id} answered values that are no colours.`);
}
