import { layeredNoise, random, smoothstep } from "./noise.js";
import { blend, type Colour, fromPalette, hex, Sheet } from "./sheet.js";

const sky = ["#5b8fd0", "#86b4dd", "#c9d3d6", "#f3d9b0", "#f6b98a"].map(hex);
const hills = ["#3b4f8f", "#4f7f8d", "#6fa06a", "#9fbf57"].map(hex);
const grass = ["#1f5f4a", "#3f8f46", "#86b53f", "#d8cf4c"].map(hex);
const flowers = ["#d8324a", "#f06a3a", "#f4c22f", "#e86fa6", "#8a5bc4", "#fbf3df"].map(hex);

/** A meadow under an evening sky, in dots of pure colour that mix in the viewer's eye. */
export function meadowDots(seed: number): Sheet {
  const sheet = new Sheet(hex("#e9dfc8"));
  const next = random(seed);
  const clouds = layeredNoise(seed, 4);
  const land = layeredNoise(seed + 1, 3);
  const beds = layeredNoise(seed + 2, 3);

  /** The scene's colour at a point; x and y run 0..1. */
  function colourAt(x: number, y: number): Colour {
    const ridge = 0.44 + 0.07 * land(x * 2.2, 1);
    const field = 0.58 + 0.05 * land(x * 1.6, 7);
    if (y < ridge) {
      const cloud = smoothstep(0.05, 0.5, clouds(x * 3, y * 7));
      const sun = Math.exp(-(((x - 0.68) ** 2 + (y - 0.33) ** 2) / 0.012));
      return blend(blend(fromPalette(sky, y / ridge), hex("#fbeede"), cloud * 0.75), hex("#fff3b8"), sun);
    }
    if (y < field) return fromPalette(hills, (y - ridge) / (field - ridge) + 0.25 * land(x * 9, y * 9));
    const bed = beds(x * 4.2, y * 8);
    const meadow = fromPalette(grass, 0.25 + 0.5 * (y - field) + 0.45 * land(x * 6, y * 14));
    if (bed < 0.1) return meadow;
    // A bed has mostly one kind of flower, with others among them and leaves in between.
    const kind = Math.floor((beds(x * 3 + 20, y * 5) * 0.5 + 0.5) * flowers.length * 1.2) + (next() < 0.35 ? Math.floor(next() * 6) : 0);
    const bloom = flowers[kind % flowers.length] ?? meadow;
    return next() < 0.3 ? meadow : blend(meadow, bloom, smoothstep(0.1, 0.22, bed) * 0.92);
  }

  for (const [count, radius] of [
    [16000, 11],
    [26000, 8],
    [30000, 5.5],
  ] as const) {
    for (let dot = 0; dot < count; dot++) {
      const x = next();
      const y = next();
      const colour = divide(colourAt(x, y), next(), next());
      sheet.disc(x * sheet.size, y * sheet.size, radius * (0.75 + 0.5 * next()), colour, 0.93, 0.7);
    }
  }
  sheet.light(0.45);
  return sheet;
}

/** Replaces a tone by a purer colour: warmer, cooler, or sometimes the complement. */
function divide([red, green, blue]: Colour, choice: number, amount: number): Colour {
  const lift = (amount - 0.5) * 0.22;
  const mean = (red + green + blue) / 3;
  if (choice < 0.09) return [mean * 1.25 - red * 0.5 + 0.22, mean * 1.25 - green * 0.5 + 0.2, mean * 1.25 - blue * 0.5 + 0.24];
  const pure = (value: number) => mean + (value - mean) * 1.25 + lift;
  if (choice < 0.3) return [pure(red) + 0.12, pure(green) + 0.05, pure(blue) - 0.1];
  if (choice < 0.5) return [pure(red) - 0.1, pure(green), pure(blue) + 0.13];
  return [pure(red), pure(green), pure(blue)];
}
