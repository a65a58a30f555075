import sharp from "sharp";
import { layeredNoise } from "./noise.js";

/** A point on a page of 100 x 100. */
export type Point = readonly [number, number];

/** One stroke of the pen through points. */
export interface Stroke {
  points: readonly Point[];
  /** Whether straight edges connect the points, instead of a curve. */
  straight?: boolean;
}

/** Side of a drawing, px. */
const SIDE = 512;
/** Width of the pen on the page of 100 x 100. */
const PEN = 2.2;
/** How far the hand strays on the page. */
const WOBBLE = 0.6;
/** Length over which the hand keeps its direction on the page. */
const STEADY = 14;

/** A smooth stroke through points. */
export function curve(...points: Point[]): Stroke {
  return { points };
}

/** A stroke of straight edges. */
export function line(...points: Point[]): Stroke {
  return { points, straight: true };
}

/** An arc of an ellipse, clockwise from the right, in degrees; by default a whole ellipse, not quite closed. */
export function arc([x, y]: Point, radiusX: number, radiusY = radiusX, from = -90, to = 266): Stroke {
  const steps = Math.max(6, Math.ceil(Math.abs(to - from) / 24));
  const angles = Array.from({ length: steps + 1 }, (_, step) => ((from + ((to - from) * step) / steps) * Math.PI) / 180);
  return { points: angles.map((angle) => [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)] as const) };
}

/** Draws black strokes on white as a person does, slightly unsteady. Returns a PNG of a few kilobytes. */
export function penDrawing(strokes: readonly Stroke[], seed: number): Promise<Buffer> {
  const paths = strokes.map((stroke, index) => `<path d="${path(stroke, seed + index * 2)}"/>`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${SIDE}" height="${SIDE}">
    <rect width="100" height="100" fill="#fff"/>
    <g fill="none" stroke="#000" stroke-width="${PEN}" stroke-linecap="round" stroke-linejoin="round">${paths.join("")}</g></svg>`;
  return sharp(Buffer.from(svg)).greyscale().png({ palette: true, colours: 16, compressionLevel: 9 }).toBuffer();
}

function path({ points, straight = false }: Stroke, seed: number): string {
  const along = straight ? divided(points) : splined(points);
  const strayX = layeredNoise(seed, 2);
  const strayY = layeredNoise(seed + 1, 2);
  let travelled = 0;
  const shaken = along.map(([x, y], index) => {
    const [lastX, lastY] = along[index - 1] ?? [x, y];
    travelled += Math.hypot(x - lastX, y - lastY) / STEADY;
    return `${(x + 2 * WOBBLE * strayX(travelled, 0.5)).toFixed(2)} ${(y + 2 * WOBBLE * strayY(travelled, 0.5)).toFixed(2)}`;
  });
  return `M${shaken.join("L")}`;
}

/** Adds points to straight edges, about one unit apart. */
function divided(points: readonly Point[]): Point[] {
  const fine: Point[] = [];
  for (const [index, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[index + 1] ?? [x, y];
    const steps = Math.max(1, Math.round(Math.hypot(nextX - x, nextY - y)));
    for (let step = 0; step < steps; step++) fine.push([x + ((nextX - x) * step) / steps, y + ((nextY - y) * step) / steps]);
  }
  return fine;
}

/** A Catmull-Rom spline through the points. */
function splined(points: readonly Point[]): Point[] {
  const fine: Point[] = [];
  const at = (index: number): Point => points[Math.min(points.length - 1, Math.max(0, index))]!;
  for (let index = 0; index + 1 < points.length; index++) {
    const [a, b, c, d] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    for (let t = 0; t < 1; t += 0.1) {
      fine.push([between(a[0], b[0], c[0], d[0], t), between(a[1], b[1], c[1], d[1], t)]);
    }
  }
  return [...fine, at(points.length - 1)];
}

/** One coordinate of a Catmull-Rom spline between `b` and `c`; t runs 0..1. */
function between(a: number, b: number, c: number, d: number, t: number): number {
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3);
}
