import type { PictureSize } from "../records/scales.js";
import type { Planes } from "./painter.js";

/**
 * Enlarges float planes (3 x H x W) to `size` with the Catmull-Rom cubic (Keys 1981, "Cubic Convolution Interpolation
 * for Digital Image Processing", a = -1/2). Pixel centres are aligned, borders are repeated, and overshoot is clamped
 * to 0..1. It does not low-pass, so it must not be used to reduce pictures.
 */
export function enlarge(planes: Planes, size: PictureSize): Planes {
  const columns = taps(planes.width, size.width);
  const rows = taps(planes.height, size.height);
  const data = new Float32Array(3 * size.width * size.height);
  const widened = new Float32Array(size.width * planes.height);
  for (let channel = 0; channel < 3; channel++) {
    const source = planes.data.subarray(channel * planes.width * planes.height);
    for (let y = 0; y < planes.height; y++) {
      for (let x = 0; x < size.width; x++) {
        widened[y * size.width + x] = weigh(columns, x, (tap) => source[y * planes.width + tap]!);
      }
    }
    const target = data.subarray(channel * size.width * size.height);
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const value = weigh(rows, y, (tap) => widened[tap * size.width + x]!);
        target[y * size.width + x] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return { ...size, data };
}

/** The four source positions of each target position, and their weights. */
interface Taps {
  positions: Int32Array;
  weights: Float64Array;
}

function taps(from: number, to: number): Taps {
  const positions = new Int32Array(to * 4);
  const weights = new Float64Array(to * 4);
  for (let target = 0; target < to; target++) {
    const centre = ((target + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    for (let tap = 0; tap < 4; tap++) {
      positions[target * 4 + tap] = Math.min(from - 1, Math.max(0, first + tap));
      weights[target * 4 + tap] = catmullRom(Math.abs(centre - first - tap));
    }
  }
  return { positions, weights };
}

function catmullRom(distance: number): number {
  if (distance < 1) return 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1;
  if (distance < 2) return -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2;
  return 0;
}

function weigh({ positions, weights }: Taps, target: number, at: (position: number) => number): number {
  let sum = 0;
  for (let tap = target * 4; tap < target * 4 + 4; tap++) sum += weights[tap]! * at(positions[tap]!);
  return sum;
}
