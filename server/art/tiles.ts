import type { Architecture } from "../models/architecture.js";
import type { TranslationForm } from "../models/card.js";
import type { PictureSize } from "../records/scales.js";
import type { Planes } from "./painter.js";
import type { PictureRegion } from "./picture-padding.js";

/**
 * Memory of a generator's run for each pixel, bytes. ONNX Runtime took 180 to 1,110, input and output included, for the
 * public and the bundled generators at 512 and 1,024 px.
 */
const BYTES_PER_PIXEL = 1300;

/**
 * Share of the machine's memory that one run may take: a device has several sessions, and the machine has other work.
 */
const MEMORY_SHARE = 1 / 8;

/**
 * Area up to which a picture is translated as a whole wherever memory allows, px. Larger pictures would be better as a
 * whole too, and take half the time, but a run of this area already takes 1 to 3 s on 2 cores, in which no other
 * session has a turn.
 */
const LARGEST_AREA = 1024 * 1024;

/** Overlap of neighbouring tiles where the network's receptive field is unknown or spans the whole picture, px. */
const DEFAULT_OVERLAP = 128;

/**
 * Largest area of one run of a generator on a machine with `memoryBytes`, px; larger pictures are cut into tiles. The
 * device process then took 955 MiB for a picture of 2,048 px and 1,157 MiB for one of 4,096 px; three copies of the
 * picture are most of the difference (bench/large-translations.ts).
 */
export function largestArea(memoryBytes: number): number {
  return Math.min(LARGEST_AREA, Math.floor((MEMORY_SHARE * memoryBytes) / BYTES_PER_PIXEL));
}

/**
 * Overlap of neighbouring tiles, px: twice the radius of the receptive field, so that in the middle of the overlap,
 * where both tiles weigh the same, neither depends on its border. The radius of the residual generator (Johnson et al.
 * 2016) is 3 for each of the two 7x7 convolutions, 1 and 2 for those that halve the side, 8 for each block (two 3x3
 * convolutions at a quarter of the side), and 2 and 1 for those that double it.
 */
export function overlapFor(architecture: Architecture | null): number {
  return architecture?.family === "resnet-generator" ? 2 * (12 + 8 * architecture.blocks) : DEFAULT_OVERLAP;
}

/** Tiles along one side of a picture, all of one length, from the first pixel to the last. */
interface SideTiling {
  /** Position of each tile's first pixel, px. */
  starts: number[];
  /** px */
  length: number;
  /** Width of the cross-fade from each tile to the next, px; it is centred in their overlap. */
  fade: number;
}

/** A picture cut into overlapping tiles, row by row. */
export class Tiling {
  readonly regions: readonly PictureRegion[];
  private readonly columns: SideTiling;
  private readonly rows: SideTiling;

  /**
   * @param size of the picture.
   * @param area Largest area of a tile, px; tiles are larger where the network accepts no side so short.
   * @param overlap px; limited to a third of a tile, where each pixel is already computed about twice.
   */
  constructor(
    readonly size: PictureSize,
    { area, overlap, form }: { area: number; overlap: number; form: Pick<TranslationForm, "sizeMultiple" | "minSize"> },
  ) {
    const { sizeMultiple, minSize } = form;
    const least = Math.ceil(Math.max(minSize, 2) / sizeMultiple) * sizeMultiple;
    const length = Math.max(least, Math.floor(Math.sqrt(area) / sizeMultiple) * sizeMultiple);
    this.columns = tileSide(size.width, length, overlap);
    this.rows = tileSide(size.height, length, overlap);
    const { columns, rows } = this;
    this.regions = rows.starts.flatMap((top) => columns.starts.map((left) => ({ left, top, width: columns.length, height: rows.length })));
  }

  /** Adds a tile's translation to `sum` (3 x H x W). Over all tiles, the weights add up to 1 at each pixel. */
  blendInto(sum: Planes, index: number, tile: Planes): void {
    const { left, top, width, height } = this.regions[index]!;
    const across = fadeWeights(this.columns, index % this.columns.starts.length);
    const down = fadeWeights(this.rows, Math.floor(index / this.columns.starts.length));
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
 * Covers `side` with as few tiles of `length` as possible, px. Tiles stay that long even where they overlap by more
 * than `overlap`: the more a network sees of the picture, the closer its statistics are to those of the whole picture.
 */
function tileSide(side: number, length: number, overlap: number): SideTiling {
  if (side <= length) return { starts: [0], length: side, fade: 0 };
  const wanted = Math.min(overlap, Math.floor(length / 3));
  const count = Math.ceil((side - wanted) / (length - wanted));
  const starts = Array.from({ length: count }, (_, index) => Math.round((index * (side - length)) / (count - 1)));
  // Wider where there is space, because slow fades show less. Starts are whole numbers, so an overlap may lack a pixel.
  const fade = Math.min(2 * wanted, ...starts.slice(1).map((start, index) => starts[index]! + length - start));
  return { starts, length, fade };
}

/**
 * Weights of tile `index` along one side. Each cross-fade is a raised cosine from 0 to 1. A tile's weight is its own
 * fade minus the fade to the next tile, so the weights of all tiles add up to 1, however many overlap.
 */
function fadeWeights({ starts, length, fade }: SideTiling, index: number): Float32Array {
  const fadeTo = (to: number, position: number) => {
    if (to === 0) return 1;
    if (to === starts.length) return 0;
    const middle = (starts[to - 1]! + length + starts[to]!) / 2;
    const part = Math.min(1, Math.max(0, (position + 0.5 - middle) / fade + 0.5));
    return (1 - Math.cos(Math.PI * part)) / 2;
  };
  return Float32Array.from({ length }, (_, x) => fadeTo(index, starts[index]! + x) - fadeTo(index + 1, starts[index]! + x));
}
