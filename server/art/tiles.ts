import type { Architecture } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import type { Planes } from "./painter.js";
import type { PicturePlace } from "./picture-padding.js";
import type { PictureSize } from "./scales.js";

/**
 * Memory of a run of a generator, bytes for each pixel: ONNX Runtime took 180 to 1,110 for the public and the bundled
 * generators at 512 and 1,024 px, the feed and the answer among them.
 */
const BYTES_PER_PIXEL = 1300;

/** Part of the machine's memory that one translation may take: a device has several sessions, and the machine other work. */
const MEMORY_SHARE = 1 / 8;

/**
 * Area up to which a picture goes through the network as a whole wherever there is memory, px. Larger ones would be better
 * as a whole too, and in half the time, but already a run of this area takes 1 to 3 s on 2 cores, in which nobody else is
 * given a turn.
 */
const LARGEST_AREA = 1024 * 1024;

/** Overlap of neighbouring tiles where the network's receptive field is not known or spans everything, px. */
const USUAL_OVERLAP = 128;

/**
 * Area that one run of a generator may have on a machine with `memoryBytes`, px: what is larger is cut into tiles. The
 * device process then took 955 MiB for a picture of 2,048 px and 1,157 MiB for one of 4,096 px, three copies of which are
 * most of the difference (bench/large-translations.ts).
 */
export function largestArea(memoryBytes: number): number {
  return Math.min(LARGEST_AREA, Math.floor((MEMORY_SHARE * memoryBytes) / BYTES_PER_PIXEL));
}

/**
 * How far neighbouring tiles should overlap, px: twice the receptive field's radius, so that in the middle of the overlap,
 * where both count alike, neither saw its border. The residual generator's radius: 3 of each 7x7 convolution, 1 and 2 of
 * those that halve, 8 of each block (two 3x3 at a quarter of the side), 2 and 1 of those that double.
 */
export function overlapFor(architecture: Architecture | null): number {
  return architecture?.family === "resnet-generator" ? 2 * (12 + 8 * architecture.blocks) : USUAL_OVERLAP;
}

/** Tiles along one side of a picture: all of one length, from the first pixel to the last. */
interface Cut {
  starts: number[];
  length: number;
  /** Width of the passage from each to the next, px; its middle is that of their overlap. */
  passage: number;
}

/** A picture cut into overlapping tiles, row by row. */
export class Tiling {
  readonly places: readonly PicturePlace[];
  private readonly columns: Cut;
  private readonly rows: Cut;

  /**
   * @param area of a tile at most, px; a side is still no shorter than what the network takes.
   * @param overlap in px; kept to a third of a tile, where every pixel is already computed about twice.
   */
  constructor(
    readonly size: PictureSize,
    { area, overlap, form }: { area: number; overlap: number; form: Pick<TranslationForm, "sizeMultiple" | "minSize"> },
  ) {
    const { sizeMultiple, minSize } = form;
    const least = Math.ceil(Math.max(minSize, 2) / sizeMultiple) * sizeMultiple;
    const length = Math.max(least, Math.floor(Math.sqrt(area) / sizeMultiple) * sizeMultiple);
    this.columns = cut(size.width, length, overlap);
    this.rows = cut(size.height, length, overlap);
    const { columns, rows } = this;
    this.places = rows.starts.flatMap((top) => columns.starts.map((left) => ({ left, top, width: columns.length, height: rows.length })));
  }

  /** Adds what became of tile `index` to `sum` (3 x H x W), with its weights. Over all tiles they add up to 1 at each pixel. */
  blendInto(sum: Planes, index: number, tile: Planes): void {
    const { left, top, width, height } = this.places[index]!;
    const across = weightsOf(this.columns, index % this.columns.starts.length);
    const down = weightsOf(this.rows, Math.floor(index / this.columns.starts.length));
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < height; y++) {
        let from = (channel * height + y) * width;
        let to = (channel * sum.height + top + y) * sum.width + left;
        for (let x = 0; x < width; x++, from++, to++) sum.data[to]! += down[y]! * across[x]! * tile.data[from]!;
      }
    }
  }
}

/**
 * As few tiles of `length` as cover `side`. They are not made shorter where that many overlap farther: the more a network
 * sees of the picture, the nearer its statistics are to those of the whole.
 */
function cut(side: number, length: number, overlap: number): Cut {
  if (side <= length) return { starts: [0], length: side, passage: 0 };
  const wanted = Math.min(overlap, Math.floor(length / 3));
  const count = Math.ceil((side - wanted) / (length - wanted));
  const starts = Array.from({ length: count }, (_, index) => Math.round((index * (side - length)) / (count - 1)));
  // Wider where there is room: a slower passage shows less. Starts are whole numbers, so an overlap may lack a pixel.
  const passage = Math.min(2 * wanted, ...starts.slice(1).map((start, index) => starts[index]! + length - start));
  return { starts, length, passage };
}

/**
 * Weights of tile `index` along one side. Each passage is a raised cosine from 0 to 1, and a tile has what the passage to
 * it lets in less what the next one takes over: so the sum over all tiles is 1, however many overlap.
 */
function weightsOf({ starts, length, passage }: Cut, index: number): Float32Array {
  const passed = (to: number, position: number) => {
    if (to === 0) return 1;
    if (to === starts.length) return 0;
    const middle = (starts[to - 1]! + length + starts[to]!) / 2;
    const part = Math.min(1, Math.max(0, (position + 0.5 - middle) / passage + 0.5));
    return (1 - Math.cos(Math.PI * part)) / 2;
  };
  return Float32Array.from({ length }, (_, x) => passed(index, starts[index]! + x) - passed(index + 1, starts[index]! + x));
}
