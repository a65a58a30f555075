/** Uniform numbers in 0..1 that depend on the seed alone: the mulberry32 generator. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A smooth function on the plane, about -1..1, with features about 1 wide. */
export type Field = (x: number, y: number) => number;

/** Value noise on a lattice, interpolated by a quintic. */
function valueNoise(seed: number): Field {
  const lattice = (x: number, y: number) => {
    let hash = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(seed + 1, 2246822519);
    hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
    return (((hash ^ (hash >>> 16)) >>> 0) / 4294967295) * 2 - 1;
  };
  const ease = (t: number) => t * t * t * (t * (t * 6 - 15) + 10);
  return (x, y) => {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const across = ease(x - left);
    const upper = mix(lattice(left, top), lattice(left + 1, top), across);
    const lower = mix(lattice(left, top + 1), lattice(left + 1, top + 1), across);
    return mix(upper, lower, ease(y - top));
  };
}

/** Sum of several octaves of value noise, each half as strong and twice as fine as the one before. */
export function layeredNoise(seed: number, octaves: number): Field {
  const layers = Array.from({ length: octaves }, (_, octave) => valueNoise(seed * 31 + octave));
  return (x, y) => {
    let sum = 0;
    let weight = 1;
    let total = 0;
    let scale = 1;
    for (const layer of layers) {
      sum += weight * layer(x * scale, y * scale);
      total += weight;
      weight /= 2;
      scale *= 2;
    }
    return sum / total;
  };
}

/** Linear interpolation: `a` at share 0, `b` at share 1. */
export function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
