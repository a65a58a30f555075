import { bt2020, type Chromaticities, type ColourSpace, type Curve, D65, gammaCurve, spaceOf, srgbCurve } from "./colour-space.js";
import { highDynamicRange, isHighDynamicRange } from "./high-dynamic-range.js";

/** Chromaticities by their code in ITU-T H.273, which PNG, AVIF and HEIC share. */
const codedPrimaries: Record<number, Chromaticities> = {
  1: [D65, [0.64, 0.33], [0.3, 0.6], [0.15, 0.06]],
  4: [
    [0.31, 0.316],
    [0.67, 0.33],
    [0.21, 0.71],
    [0.14, 0.08],
  ],
  5: [D65, [0.64, 0.33], [0.29, 0.6], [0.15, 0.06]],
  6: [D65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]],
  7: [D65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]],
  8: [
    [0.31, 0.316],
    [0.681, 0.319],
    [0.243, 0.692],
    [0.145, 0.049],
  ],
  9: bt2020,
  // XYZ itself.
  10: [
    [1 / 3, 1 / 3],
    [1, 0],
    [0, 1],
    [0, 0],
  ],
  11: [
    [0.314, 0.351],
    [0.68, 0.32],
    [0.265, 0.69],
    [0.15, 0.06],
  ],
  12: [D65, [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]],
  22: [D65, [0.63, 0.34], [0.295, 0.605], [0.155, 0.077]],
};

export const SRGB_PRIMARIES = 1;
export const SRGB_CURVE = 13;
const LINEAR = 8;

/** SMPTE 240M: a gamma with a straight beginning. */
const smpte240: Curve = (value) => (value < 0.0913 ? value / 4 : ((value + 0.1115) / 1.1115) ** (1 / 0.45));

/** Digital cinema (SMPTE ST 428-1): white is 48 of 52.37 cd/m2. */
const cinema: Curve = (value) => (52.37 / 48) * value ** 2.6;

/**
 * Curves by their code in ITU-T H.273. Video's curve (1, 6, 11, 14, 15) is read by that of its displays (ITU-R
 * BT.1886). The logarithmic codes 9 and 10 and code 12 are unknown here, as in Chromium.
 */
const codedCurves: Record<number, Curve> = {
  1: gammaCurve(2.4),
  4: gammaCurve(2.2),
  5: gammaCurve(2.8),
  6: gammaCurve(2.4),
  7: smpte240,
  8: gammaCurve(1),
  11: gammaCurve(2.4),
  13: srgbCurve,
  14: gammaCurve(2.4),
  15: gammaCurve(2.4),
  17: cinema,
};

/**
 * The space of a pair of codes of ITU-T H.273; null for codes without a meaning here, which browsers ignore.
 * @param peak light of the brightest pixel, cd/m2, where a picture of high dynamic range names it
 */
export function codedSpace(primaries: number, transfer: number, peak?: number): ColourSpace | null {
  const chromaticities = codedPrimaries[primaries];
  if (!chromaticities) return null;
  if (isHighDynamicRange(transfer)) {
    const { curve, toneMap } = highDynamicRange(transfer, peak);
    const space = spaceOf(chromaticities, curve);
    return space && { ...space, toneMap };
  }
  const curve = codedCurves[transfer];
  return curve ? spaceOf(chromaticities, curve) : null;
}

/** The space with what a pair of codes says instead; codes without a meaning change nothing. */
export function withCodes(space: ColourSpace, primaries: number, transfer: number): ColourSpace {
  const [byPrimaries, byTransfer] = [codedSpace(primaries, LINEAR), codedSpace(SRGB_PRIMARIES, transfer)];
  const toXyz = byPrimaries?.toXyz ?? space.toXyz;
  return byTransfer ? { ...byTransfer, toXyz } : { ...space, toXyz };
}
