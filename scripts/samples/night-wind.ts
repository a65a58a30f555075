import { paintStroke } from "./brush.js";
import { layeredNoise, mix, random, smoothstep } from "./noise.js";
import { blend, type Colour, fromPalette, hex, Sheet } from "./sheet.js";

const night = ["#0b1740", "#12296b", "#1d4596", "#2f6fb8", "#58a0c9", "#9cc8c4"].map(hex);
const lamps = ["#f7efc4", "#f4d35e", "#e8a530", "#c9752a", "#5f7f86"].map(hex);
const eddies = [
  { x: 0.3, y: 0.33, radius: 0.24, turn: 1 },
  { x: 0.7, y: 0.55, radius: 0.27, turn: -1 },
  { x: 0.82, y: 0.16, radius: 0.15, turn: 1 },
  { x: 0.16, y: 0.78, radius: 0.17, turn: -1 },
  { x: 0.46, y: 0.86, radius: 0.12, turn: 1 },
];

/** Wind at night: thick strokes that flow around lamps and eddies. */
export function nightWind(seed: number): Sheet {
  const sheet = new Sheet(hex("#0a1238"));
  const next = random(seed);
  const drift = layeredNoise(seed, 3);
  const tone = layeredNoise(seed + 7, 4);

  function direction(x: number, y: number): number {
    const u = x / sheet.size;
    const v = y / sheet.size;
    let across = 1;
    let down = 0.5 * drift(u * 2.4, v * 2.4);
    for (const eddy of eddies) {
      const toX = u - eddy.x;
      const toY = v - eddy.y;
      const distance = Math.hypot(toX, toY) + 1e-4;
      const pull = 3.2 * Math.exp(-((distance / eddy.radius) ** 2) * 1.6) * eddy.turn;
      across += (-toY / distance) * pull;
      down += (toX / distance) * pull;
    }
    return Math.atan2(down, across);
  }

  function colour(x: number, y: number): Colour {
    const u = x / sheet.size;
    const v = y / sheet.size;
    const wind = fromPalette(night, 0.42 + 0.55 * tone(u * 3.2, v * 3.2 + 4) + 0.14 * Math.sin((u - v) * 24));
    const nearest = eddies.reduce((best, eddy) => {
      const share = Math.hypot(u - eddy.x, v - eddy.y) / eddy.radius;
      return share < best ? share : best;
    }, 9);
    const rings = 0.5 + 0.5 * Math.cos(nearest * 17);
    const glow = 1 - smoothstep(0.18, 0.95, nearest);
    return blend(wind, fromPalette(lamps, nearest * 1.1), glow * mix(0.35, 1, nearest < 0.3 ? 1 : rings));
  }

  for (const [count, length, width] of [
    [4000, 170, 40],
    [6000, 120, 22],
    [6500, 80, 13],
  ] as const) {
    for (let stroke = 0; stroke < count; stroke++) {
      const x = next() * 1.1 * sheet.size - 0.05 * sheet.size;
      const y = next() * 1.1 * sheet.size - 0.05 * sheet.size;
      const jitter = (next() - 0.5) * 0.2;
      const [red, green, blue] = colour(x, y);
      const laid: Colour = [red + jitter, green + jitter * 0.9, blue + jitter * 0.6];
      paintStroke(sheet, { x, y, length: length * (0.6 + 0.8 * next()), width, colour: laid, seed: seed + stroke * 13 + width }, direction);
    }
  }
  sheet.light(0.45);
  return sheet;
}
