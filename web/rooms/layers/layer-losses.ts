import type { RunFrame } from "../../graphql/run-operations";

/** One layer's style term over the steps, as a share of its value at the first step. */
export interface LayerCurve {
  layer: string;
  points: readonly { step: number; share: number }[];
}

/**
 * The style terms of a painting's layers, sorted by layer. Each share is relative to the first frame that has the
 * layer's term; frames without layer terms are left out.
 */
export function layerCurves(frames: readonly RunFrame[]): LayerCurve[] {
  const first = new Map<string, number>();
  const curves = new Map<string, { step: number; share: number }[]>();
  for (const { step, losses } of frames) {
    for (const { layer, term, value } of losses?.layers ?? []) {
      if (term !== "STYLE") continue;
      if (!first.has(layer)) first.set(layer, value);
      const begun = first.get(layer) ?? 0;
      const points = curves.get(layer) ?? [];
      points.push({ step, share: begun > 0 ? value / begun : 1 });
      curves.set(layer, points);
    }
  }
  return [...curves].map(([layer, points]) => ({ layer, points })).sort((a, b) => a.layer.localeCompare(b.layer, "en"));
}

/**
 * An SVG path of the curve on a logarithmic axis from 1 at the top to `least` at the bottom; shares are clamped to it.
 */
export function curvePath({ points }: LayerCurve, width: number, height: number, lastStep: number, least: number): string {
  return points
    .map(({ step, share }, place) => {
      const x = (width * step) / Math.max(1, lastStep);
      const depth = Math.log10(Math.min(1, Math.max(least, share))) / Math.log10(least);
      return `${place === 0 ? "M" : "L"}${x.toFixed(1)} ${(height * depth).toFixed(1)}`;
    })
    .join("");
}
