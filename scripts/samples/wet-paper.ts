import { type Field, layeredNoise, random, smoothstep } from "./noise.js";
import { type Colour, hex, Sheet } from "./sheet.js";

const pigments = ["#2f7fc4", "#1fa3a0", "#e2457d", "#f58634", "#f7c934", "#7a55b8", "#46a862", "#d63c3c"].map(hex);

/** Watercolour, wet on wet: washes that run into one another, dry with dark rims and settle in the paper's grain. */
export function wetPaper(seed: number): Sheet {
  const sheet = new Sheet(hex("#f7f1e4"));
  const next = random(seed);
  const grain = layeredNoise(seed + 90, 4);
  const across = 4;
  for (let wash = 0; wash < 52; wash++) {
    const pigment = pigments[Math.floor(next() * pigments.length)]!;
    // Large washes lie side by side and overlap at their rims; small ones are anywhere.
    const large = wash < across * across;
    const x = large ? ((wash % across) + 0.2 + 0.6 * next()) / across : next();
    const y = large ? (Math.floor(wash / across) + 0.2 + 0.6 * next()) / across : next();
    const radius = large ? 0.15 + 0.07 * next() : 0.025 + 0.07 * next();
    pour(sheet, { x, y, radius, pigment, seed: seed + wash * 17, strength: large ? 0.62 : 0.7 }, grain);
  }
  for (let drop = 0; drop < 240; drop++) {
    const pigment = pigments[Math.floor(next() * pigments.length)]!;
    sheet.disc(next() * sheet.size, next() * sheet.size, 1.5 + 9 * next() ** 4, pigment, 0.5 + 0.3 * next());
  }
  return sheet;
}

interface Wash {
  /** Centre and radius, as shares of the sheet's side. */
  x: number;
  y: number;
  radius: number;
  pigment: Colour;
  seed: number;
  strength: number;
}

/** Paints one wash: noise warps its outline, its rim is dark where the water dried last, and its inside blooms. */
function pour(sheet: Sheet, { x, y, radius, pigment, seed, strength }: Wash, grain: Field): void {
  const outline = layeredNoise(seed, 5);
  const bloom = layeredNoise(seed + 5, 4);
  const from = (centre: number) => Math.max(0, Math.floor((centre - radius * 1.8) * sheet.size));
  const to = (centre: number) => Math.min(sheet.size - 1, Math.ceil((centre + radius * 1.8) * sheet.size));
  for (let row = from(y); row <= to(y); row++) {
    for (let column = from(x); column <= to(x); column++) {
      const u = (column / sheet.size - x) / radius;
      const v = (row / sheet.size - y) / radius;
      const ragged = Math.hypot(u, v) + 0.55 * outline(u * 1.6 + 9, v * 1.6) + 0.05 * outline(u * 14, v * 14);
      const inside = smoothstep(1.0, 0.965, ragged);
      if (inside === 0) continue;
      const rim = smoothstep(0.86, 0.985, ragged);
      const pool = 0.42 + 0.5 * smoothstep(-0.35, 0.45, bloom(u * 2.2, v * 2.2)) + 0.14 * Math.abs(bloom(u * 9, v * 9));
      const settled = 1 + 0.5 * grain(column / 7, row / 7);
      sheet.glaze(column, row, pigment, Math.max(0, Math.min(1, inside * strength * (pool + 0.65 * rim) * settled)));
    }
  }
}
