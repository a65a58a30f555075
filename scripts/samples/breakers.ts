import { layeredNoise, random, smoothstep } from "./noise.js";
import { blend, type Colour, fromPalette, hex, Sheet, shade } from "./sheet.js";

const sea = ["#0e2a4a", "#18406a", "#2f6690", "#6f9fb5", "#b9cdc6"].map(hex);
const foam = hex("#f3ead6");
const line = hex("#0b1b33");
const dawn = ["#e9d3a6", "#efdfbd", "#dfb98b", "#cf8f6a"].map(hex);

/** Waves in the manner of a woodblock print: flat bands with keylines, curling crests, and foam like claws. */
export function breakers(seed: number): Sheet {
  const sheet = new Sheet(foam);
  const next = random(seed);
  const paper = layeredNoise(seed + 1, 5);
  const wood = layeredNoise(seed + 2, 3);
  sheet.fill((x, y) => shade(fromPalette(dawn, 1 - y * 1.7 + 0.05 * wood(x * 2, y * 26)), 0.03 * paper(x * 120, y * 120)));

  const rows = 9;
  for (let row = 0; row < rows; row++) {
    const depth = row / (rows - 1);
    const scale = 0.1 + 0.13 * depth;
    const base = (0.2 + 0.92 * depth ** 1.15) * sheet.size;
    const shift = next() * scale * 3;
    for (let place = -1; place < 1 / (scale * 1.25) + 2; place++) {
      const x = (place * scale * 1.25 - (shift % (scale * 1.25))) * sheet.size;
      curl(sheet, { x, y: base + (next() - 0.5) * 26, radius: scale * sheet.size * (0.78 + 0.4 * next()), seed: Math.floor(next() * 1e9) });
    }
  }
  grainOfPaper(sheet, seed);
  return sheet;
}

interface Wave {
  x: number;
  y: number;
  radius: number;
  seed: number;
}

/** One breaking wave: a body of bands that follow its curl, and a crest of foam. */
function curl(sheet: Sheet, { x, y, radius, seed }: Wave): void {
  const next = random(seed);
  const bands = 7 + Math.floor(next() * 3);
  const lean = 0.25 + 0.3 * next();
  const wobble = layeredNoise(seed % 9973, 2);
  for (let row = Math.floor(y - radius * 1.3); row < y + radius * 2.4; row++) {
    for (let column = Math.floor(x - radius * 1.4); column < x + radius * 1.4; column++) {
      const u = (column - x) / radius;
      const v = (row - y) / radius;
      const bent = u + lean * Math.max(0, -v) ** 1.5;
      const distance = Math.hypot(bent, v < 0 ? v : v * 0.32) + 0.025 * wobble(u * 5, v * 5);
      if (distance > 1) continue;
      const band = distance * bands;
      const within = band - Math.floor(band);
      const key = smoothstep(0.11, 0.05, Math.min(within, 1 - within)) * (0.4 + 0.6 * Math.abs(Math.sin(u * 3 + seed)));
      const wash = fromPalette(sea, 0.12 + 0.72 * within * (Math.floor(band) % 2) + 0.16 * Math.max(0, -v) + 0.06 * wobble(u * 3, v * 9));
      const body = Math.floor(band) % 3 === 2 ? blend(wash, foam, 0.72) : wash;
      const rim = smoothstep(0.968, 0.982, distance);
      sheet.dab(column, row, blend(blend(body, line, key), line, rim), smoothstep(1, 0.994, distance));
    }
  }
  for (let finger = 0; finger < 30; finger++) claw(sheet, { x, y, radius, lean, angle: Math.PI * (1.06 + 0.88 * (finger / 29)), next });
}

interface Claw {
  x: number;
  y: number;
  radius: number;
  lean: number;
  angle: number;
  next: () => number;
}

/** A finger of foam on the crest with a dark outline, and spray around it. */
function claw(sheet: Sheet, { x, y, radius, lean, angle, next }: Claw): void {
  const reach = radius * (0.93 + 0.08 * next());
  const up = Math.sin(angle) * reach;
  const alongX = x + Math.cos(angle) * reach - lean * radius * Math.max(0, -up / radius) ** 1.5;
  const size = radius * (0.045 + 0.045 * next());
  for (const [grow, colour] of [
    [size + 3, line],
    [size, foam],
  ] as const) {
    sheet.disc(alongX, y + up, grow, colour);
    sheet.disc(alongX + Math.cos(angle - 0.9) * size * 1.3, y + up + Math.sin(angle - 0.9) * size * 1.3, grow * 0.62, colour);
    sheet.disc(alongX + Math.cos(angle + 0.4) * size * 1.5, y + up + Math.sin(angle + 0.4) * size * 1.5, grow * 0.5, colour);
  }
  if (next() < 0.55) {
    const away = radius * (0.12 + 0.22 * next());
    sheet.disc(alongX + Math.cos(angle - 0.3) * away, y + up + Math.sin(angle - 0.3) * away, 2.5 + 4 * next(), foam);
  }
}

/** The fibres of the paper, and uneven ink. */
function grainOfPaper(sheet: Sheet, seed: number): void {
  const fibres = layeredNoise(seed + 9, 3);
  const ink = layeredNoise(seed + 10, 4);
  const tint: Colour = [0.86, 0.83, 0.78];
  for (let row = 0; row < sheet.size; row++) {
    for (let column = 0; column < sheet.size; column++) {
      const strength = 0.25 + 0.5 * fibres(column / 90, row / 5) * fibres(column / 7, row / 60) + 0.35 * ink(column / 60, row / 60);
      sheet.glaze(column, row, tint, Math.max(0, strength));
    }
  }
}
