import type { Curve, ToneMap } from "./colour-space.js";

/** Light of a diffuse white, cd/m2 (ITU-R BT.2408). */
const DIFFUSE_WHITE = 203;
/** Light of the brightest pixel where the picture does not name it, cd/m2; also the nominal display of HLG. */
const USUAL_PEAK = 1000;

/** Codes of the curves in ITU-T H.273. */
const PQ = 16;
const HLG = 18;
type HighDynamicRange = typeof PQ | typeof HLG;

export function isHighDynamicRange(transfer: number): transfer is HighDynamicRange {
  return transfer === PQ || transfer === HLG;
}

/**
 * The curve of a code, and how its light is brought to a display of ordinary range: as Chromium does, by the reference
 * white tone mapping of SMPTE ST 2094-50. Results differ from Chromium's by 2 of 255 levels at most.
 */
export function highDynamicRange(transfer: HighDynamicRange, peak = USUAL_PEAK): { curve: Curve; toneMap: ToneMap } {
  if (transfer === PQ) return { curve: perceptualQuantiser, toneMap: toDisplay(peak) };
  const dim = toDisplay(Math.min(peak, USUAL_PEAK));
  const toneMap = (light: Float64Array) => {
    displayLight(light);
    dim(light);
  };
  return { curve: hybridLogGamma, toneMap };
}

/** Perceptual quantiser (SMPTE ST 2084), relative to a diffuse white. */
const perceptualQuantiser: Curve = (value) => {
  const root = value ** (1 / 78.84375);
  const light = (Math.max(0, root - 0.8359375) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125);
  return (light * 10_000) / DIFFUSE_WHITE;
};

/** Light of the scene by hybrid log-gamma (ITU-R BT.2100), 0..1. */
const hybridLogGamma: Curve = (value) => (value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12);

/** Turns HLG's light of the scene into that of the nominal display, relative to a diffuse white. */
function displayLight(light: Float64Array): void {
  const luminance = 0.2627 * light[0]! + 0.678 * light[1]! + 0.0593 * light[2]!;
  scale(light, (Math.max(0, luminance) ** 0.2 * USUAL_PEAK) / DIFFUSE_WHITE);
}

/** Maps light up to `peak` to 0..1: dims evenly up to a diffuse white, and compresses what is brighter. */
function toDisplay(peak: number): ToneMap {
  const gain = gainCurve(peak / DIFFUSE_WHITE);
  return (light) => scale(light, gain(Math.max(light[0]!, light[1]!, light[2]!)));
}

/** By how much a pixel is dimmed, by its strongest channel: cubic pieces through eight points of a quadratic Bezier curve. */
function gainCurve(brightest: number): (strongest: number) => number {
  if (brightest <= 1) return () => 1;
  const white = 1 - 0.5 * Math.min(1, Math.log2(brightest) / Math.log2(USUAL_PEAK / DIFFUSE_WHITE));
  const [middleX, middleY] = [0.35 + 0.65 / white, 0.35 * white + 0.65];
  const [ax, bx] = [1 - 2 * middleX + brightest, 2 * middleX - 2];
  const [ay, by] = [white - 2 * middleY + 1, 2 * middleY - 2 * white];
  // x is light, y the binary logarithm of the gain, slope that of y.
  const points = Array.from({ length: 8 }, (_, i) => {
    const t = i / 7;
    const [x, light] = [ax * t * t + bx * t + 1, ay * t * t + by * t + white];
    const slope = ((x * (2 * ay * t + by)) / (2 * ax * t + bx) - light) / (Math.LN2 * x * light);
    return { x, y: Math.log2(light / x), slope };
  });
  return (strongest) => {
    if (strongest <= 1) return white;
    if (strongest >= brightest) return 1 / strongest;
    const next = points.findIndex(({ x }) => x >= strongest);
    const [from, to] = [points[next - 1]!, points[next]!];
    const width = to.x - from.x;
    const t = (strongest - from.x) / width;
    const rise = t * t * (3 - 2 * t);
    const bend = width * t * (1 - t) * (from.slope * (1 - t) - to.slope * t);
    return 2 ** (from.y + rise * (to.y - from.y) + bend);
  };
}

function scale(light: Float64Array, factor: number): void {
  for (let i = 0; i < 3; i++) light[i] = light[i]! * factor;
}
