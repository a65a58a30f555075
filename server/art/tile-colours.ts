import type { Planes } from "./painter.js";
import type { PictureRegion } from "./picture-padding.js";

/**
 * Side of the cells whose mean colours are transferred from the small picture, px. For a picture of 1,024 px in tiles
 * of 512 px, cells of 64 px come closest to the picture translated as a whole; 128 px leave bands along cross-fades in
 * a clear sky, 256 px tint whole tiles.
 */
const CELL = 64;

/** Difference of mean colours in an overlap, in 0..1, above which the tiles show as patches. */
const VISIBLE = 2 / 255;

/** Finds out, tile by tile, whether overlapping tiles agree on the colours of their overlap. */
export class TileAgreement {
  private readonly means = new Map<string, number[]>();
  private largest = 0;

  constructor(private readonly regions: readonly PictureRegion[]) {}

  /** Whether some overlap so far differs visibly. */
  get isBroken(): boolean {
    return this.largest > VISIBLE;
  }

  /** Adds the translation of tile `index`. */
  add(index: number, tile: Planes): void {
    const region = this.regions[index]!;
    for (const [other, otherRegion] of this.regions.entries()) {
      const shared = other === index ? null : intersection(region, otherRegion);
      if (!shared) continue;
      const means = meanColour(tile, { ...shared, left: shared.left - region.left, top: shared.top - region.top });
      const key = `${Math.min(index, other)} ${Math.max(index, other)}`;
      const earlier = this.means.get(key);
      if (earlier) this.largest = Math.max(this.largest, ...means.map((mean, channel) => Math.abs(mean - earlier[channel]!)));
      this.means.set(key, means);
    }
  }
}

/**
 * Gives `picture`, in place, the large-scale colours of `small`, the same picture at any smaller size (both 3 x H x W).
 * The difference of the mean colours in cells of 64 px, interpolated bilinearly between the cells' centres, is added to
 * `picture`; values are clamped to 0..1.
 */
export function transferLargeScaleColours(small: Planes, picture: Planes): void {
  const { width, height, data } = picture;
  const [columns, rows] = [cellCount(width, small.width), cellCount(height, small.height)];
  const [have, wanted] = [cellMeans(picture, columns, rows), cellMeans(small, columns, rows)];
  const difference = wanted.map((mean, cell) => mean - have[cell]!);
  const [across, down] = [betweenCells(width, columns), betweenCells(height, rows)];
  for (let channel = 0, at = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      const { first: upper, second: lower, part: below } = down[y]!;
      const [above, beneath] = [(channel * rows + upper) * columns, (channel * rows + lower) * columns];
      for (let x = 0; x < width; x++, at++) {
        const { first, second, part } = across[x]!;
        const top = difference[above + first]! * (1 - part) + difference[above + second]! * part;
        const bottom = difference[beneath + first]! * (1 - part) + difference[beneath + second]! * part;
        data[at] = Math.min(1, Math.max(0, data[at]! + top * (1 - below) + bottom * below));
      }
    }
  }
}

/** Number of cells along a side: of about 64 px, and no more than the small picture has pixels. */
function cellCount(side: number, smallSide: number): number {
  return Math.max(1, Math.min(smallSide, Math.round(side / CELL)));
}

/** Mean colour of each cell: 3 x rows x columns. */
function cellMeans(planes: Planes, columns: number, rows: number): Float64Array {
  const edge = (index: number, count: number, side: number) => Math.floor((index * side) / count);
  const means = new Float64Array(3 * rows * columns);
  for (let row = 0; row < rows; row++) {
    const top = edge(row, rows, planes.height);
    const height = edge(row + 1, rows, planes.height) - top;
    for (let column = 0; column < columns; column++) {
      const left = edge(column, columns, planes.width);
      const width = edge(column + 1, columns, planes.width) - left;
      const colour = meanColour(planes, { left, top, width, height });
      for (const [channel, mean] of colour.entries()) means[(channel * rows + row) * columns + column] = mean;
    }
  }
  return means;
}

/** For each pixel along a side, the two cells between whose centres it lies, and the weight of the second, 0..1. */
function betweenCells(side: number, count: number): { first: number; second: number; part: number }[] {
  return Array.from({ length: side }, (_, index) => {
    const position = Math.min(count - 1, Math.max(0, ((index + 0.5) * count) / side - 0.5));
    const first = Math.floor(position);
    return { first, second: Math.min(count - 1, first + 1), part: position - first };
  });
}

/** Mean red, green and blue of a region, 0..1. */
function meanColour({ width, height, data }: Planes, region: PictureRegion): number[] {
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let y = region.top; y < region.top + region.height; y++) {
      const row = (channel * height + y) * width + region.left;
      for (let at = row; at < row + region.width; at++) sum += data[at]!;
    }
    return sum / (region.width * region.height);
  });
}

function intersection(a: PictureRegion, b: PictureRegion): PictureRegion | null {
  const [left, top] = [Math.max(a.left, b.left), Math.max(a.top, b.top)];
  const width = Math.min(a.left + a.width, b.left + b.width) - left;
  const height = Math.min(a.top + a.height, b.top + b.height) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}
