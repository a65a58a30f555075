import { random } from "./noise.js";
import { type Colour, type Sheet, shade } from "./sheet.js";

export interface Stroke {
  /** Where it begins, px. */
  x: number;
  y: number;
  /** px */
  length: number;
  /** px */
  width: number;
  colour: Colour;
  seed: number;
  /** How much the bristles differ in colour. */
  streaks?: number;
}

/** Paints a stroke that follows a field of directions (radians), bristle by bristle. */
export function paintStroke(sheet: Sheet, stroke: Stroke, direction: (x: number, y: number) => number): void {
  const { x, y, length, width, colour, seed, streaks = 0.12 } = stroke;
  const next = random(seed);
  const bristles = Math.max(3, Math.round(width * 1.25));
  const tints = Array.from({ length: bristles }, () => ({
    tint: (next() - 0.5) * 2 * streaks,
    load: 0.55 + 0.45 * next(),
    start: next() * 0.15,
    end: 1 - next() * 0.3,
  }));
  let penX = x;
  let penY = y;
  for (let along = 0; along < length; along += 0.8) {
    const angle = direction(penX, penY);
    penX += Math.cos(angle) * 0.8;
    penY += Math.sin(angle) * 0.8;
    const done = along / length;
    const belly = Math.sin(Math.PI * Math.min(1, 0.12 + done * 0.88)) ** 0.4;
    for (let bristle = 0; bristle < bristles; bristle++) {
      const { tint, load, start, end } = tints[bristle]!;
      if (done < start || done > end) continue;
      const across = (bristle / (bristles - 1) - 0.5) * width * belly;
      const ridge = load * (1 - 0.6 * Math.abs(bristle / (bristles - 1) - 0.5) * 2);
      sheet.dab(penX - Math.sin(angle) * across, penY + Math.cos(angle) * across, shade(colour, tint), 0.75, ridge);
    }
  }
}
