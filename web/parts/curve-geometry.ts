/** Weights of the three terms of J. */
export interface Weights {
  alpha: number;
  beta: number;
  gamma: number;
}

const MOST_DECADES = 5;
/** Decades that the axis extends below the least total. */
const DECADES_BELOW_TOTAL = 2;

/** The inside of the plot, in units of the drawing. */
export interface PlotArea {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Term = "total" | "content" | "style" | "tv";

/** Each term with its weight, as in J; the total is already weighted. */
export function weightedTerms({ total, content, style, tv }: Record<Term, number>, { alpha, beta, gamma }: Weights): Record<Term, number> {
  return { total, content: alpha * content, style: beta * style, tv: gamma * tv };
}

/** The scale of the plot: steps across, values upwards on a logarithmic axis of at least a decade. */
export class CurveScale {
  /** Exponents of ten at the bottom and the top. */
  readonly bottom: number;
  readonly top: number;

  constructor(
    private readonly area: PlotArea,
    private readonly lastStep: number,
    points: readonly Record<Term, number>[],
  ) {
    let highest = Number.NEGATIVE_INFINITY;
    let lowest = Number.POSITIVE_INFINITY;
    let lowestTotal = Number.POSITIVE_INFINITY;
    for (const values of points) {
      for (const value of Object.values(values)) {
        if (!(value > 0)) continue;
        highest = Math.max(highest, value);
        lowest = Math.min(lowest, value);
      }
      if (values.total > 0) lowestTotal = Math.min(lowestTotal, values.total);
    }
    this.top = Number.isFinite(highest) ? Math.log10(highest) : 1;
    // Terms far below the total would flatten the other curves; the legend still shows their values.
    const floor = Number.isFinite(lowest) ? Math.log10(lowest) : this.top - 1;
    const underTotal = Number.isFinite(lowestTotal) ? Math.log10(lowestTotal) - DECADES_BELOW_TOTAL : floor;
    this.bottom = Math.min(this.top - 1, Math.max(floor, underTotal, this.top - MOST_DECADES));
  }

  x(step: number): number {
    return this.area.left + (this.area.width * step) / Math.max(1, this.lastStep);
  }

  /** The step at a horizontal position, from 0 to the last step. */
  stepAt(x: number): number {
    const share = (x - this.area.left) / this.area.width;
    return Math.round(Math.min(1, Math.max(0, share)) * Math.max(1, this.lastStep));
  }

  y(value: number): number {
    return this.area.top + (this.area.height * (this.top - Math.log10(value))) / (this.top - this.bottom);
  }

  /** Exponents of the whole decades on the axis. */
  decades(): number[] {
    const first = Math.ceil(this.bottom);
    return Array.from({ length: Math.floor(this.top) - first + 1 }, (_, place) => first + place);
  }

  /** An SVG path through the points; values below the axis, including 0, are left out. */
  path(points: readonly { step: number; value: number }[]): string {
    return points
      .filter(({ value }) => value > 0 && Math.log10(value) >= this.bottom)
      .map(({ step, value }, place) => `${place === 0 ? "M" : "L"}${this.x(step).toFixed(1)} ${this.y(value).toFixed(1)}`)
      .join("");
  }
}

/** The point nearest to a step on a curve that is ordered by step; null for an empty curve. */
export function nearestPoint<Point extends { step: number }>(points: readonly Point[], step: number): Point | null {
  let best: Point | null = null;
  for (const point of points) {
    if (best && Math.abs(point.step - step) > Math.abs(best.step - step)) break;
    best = point;
  }
  return best;
}
