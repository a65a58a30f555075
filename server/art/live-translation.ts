import { performance } from "node:perf_hooks";
import type { Engine } from "../engine/engine.js";
import { type Tensor, tensor } from "../graph/tensor.js";
import type { TranslationForm } from "../models/card.js";
import type { PictureSize } from "../records/scales.js";
import { type GeneratorProgram, type OpenGenerator, openGeneratorProgram, programKey } from "./generator.js";
import type { LiveTranslation, LiveTranslator, Pixels } from "./painter.js";
import { decodePixels } from "./picture.js";
import { centredRegion, mirroredPositions, type PictureRegion } from "./picture-padding.js";
import { LARGEST_KEPT_AREA, type ProgramCache } from "./program-cache.js";
import { noColours, paddedSize, ranges, requireSize } from "./translate-picture.js";
import type { LiveTranslationWork } from "./work.js";

/** Pixels of a live frame, 4096 x 4096: a small file with more would hold up all sessions of the device. */
const MAX_FRAME_PIXELS = 2 ** 24;

/**
 * Opens a live translation on `engine`.
 * @throws AtelierError UNAVAILABLE for a model that cannot be opened; OUT_OF_MEMORY.
 */
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
    decode: (picture) => decodePixels(picture, { longerSide: size }, MAX_FRAME_PIXELS),
    translate: (picture) => translator.translate(picture),
    close: () => programs.release(key, { keep: size * size <= LARGEST_KEPT_AREA }),
  };
}

/** Buffers and positions for pictures of one size, reused from one picture to the next. */
interface Layout {
  padded: PictureSize;
  /** Where the picture lies within the padded one. */
  region: PictureRegion;
  /** For each row and column of the padded picture, the row or column of the picture that it repeats. */
  rows: Int32Array;
  columns: Int32Array;
  /** 1 x 3 x H x W of the padded picture, filled again for each run. */
  input: Tensor;
}

/**
 * `translatePicture` for one picture after another: from bytes straight to what the network takes and back, in one pass
 * each way. Float planes in between would cost four passes over newly allocated arrays.
 */
export class PixelTranslator {
  /** What each of the 256 levels is in the network's input range. */
  private readonly inputValues: Float32Array;
  private layout: (Layout & { of: PictureSize }) | null = null;

  constructor(
    private readonly program: GeneratorProgram,
    private readonly form: TranslationForm,
    private readonly id: string,
  ) {
    const { scale, offset } = ranges[form.inputRange];
    this.inputValues = Float32Array.from({ length: 256 }, (_, level) => (level / 255) * scale + offset);
  }

  /**
   * Translates one picture; must not be called again before the promise settles.
   * @throws AtelierError as `translatePicture`.
   */
  async translate(picture: Pixels): Promise<LiveTranslation> {
    const began = performance.now();
    const layout = this.layoutFor(picture);
    this.fill(layout, picture);
    const result = await this.program.run(layout.input);
    requireSize(result.shape, layout.padded, this.id);
    return { pixels: this.read(result.data, layout), computeMs: performance.now() - began };
  }

  private layoutFor({ width, height }: PictureSize): Layout {
    if (this.layout?.of.width === width && this.layout.of.height === height) return this.layout;
    const of = { width, height };
    const padded = paddedSize(of, this.form);
    const region = centredRegion(of, padded);
    const input = tensor([1, 3, padded.height, padded.width], new Float32Array(3 * padded.width * padded.height));
    const rows = mirroredPositions(height, padded.height, region.top);
    const columns = mirroredPositions(width, padded.width, region.left);
    this.layout = { of, padded, region, input, rows, columns };
    return this.layout;
  }

  private fill({ padded, rows, columns, input: { data } }: Layout, { width, data: bytes }: Pixels): void {
    const values = this.inputValues;
    const area = padded.width * padded.height;
    for (let y = 0, to = 0; y < padded.height; y++) {
      const row = rows[y]! * width;
      for (let x = 0; x < padded.width; x++, to++) {
        const from = 3 * (row + columns[x]!);
        data[to] = values[bytes[from]!]!;
        data[to + area] = values[bytes[from + 1]!]!;
        data[to + 2 * area] = values[bytes[from + 2]!]!;
      }
    }
  }

  /**
   * The network's output (3 x H x W) without the border, as bytes rounded to the nearest level and clamped to 0..255.
   */
  private read(values: Float32Array, { padded, region: { width, height, left, top } }: Layout): Pixels {
    const { scale, offset } = ranges[this.form.outputRange];
    const [factor, shift] = [255 / scale, (-255 * offset) / scale];
    const area = padded.width * padded.height;
    // A clamped array rounds and clamps by itself. NaN and infinite values make the sum NaN or infinite.
    const bytes = new Uint8ClampedArray(3 * width * height);
    let sum = 0;
    for (let y = 0, to = 0; y < height; y++) {
      const row = (top + y) * padded.width + left;
      for (let from = row; from < row + width; from++, to += 3) {
        const [red, green, blue] = [values[from]!, values[from + area]!, values[from + 2 * area]!];
        sum += red + green + blue;
        bytes[to] = red * factor + shift;
        bytes[to + 1] = green * factor + shift;
        bytes[to + 2] = blue * factor + shift;
      }
    }
    if (!Number.isFinite(sum)) throw noColours(this.id);
    return { width, height, data: new Uint8Array(bytes.buffer) };
  }
}
