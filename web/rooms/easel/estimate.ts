import type { ResultOf } from "gql.tada";
import { formerModelId } from "../../../server/records/model";
import type { PaceQuery } from "../../graphql/operations";
import type { Range } from "./range";

type Node = ResultOf<typeof PaceQuery>["sessions"]["edges"][number]["node"];

/** The settings of a painting that decide how long it takes. */
export interface Plan {
  model: string;
  optimizer: string;
  /** Width times height of the result, px. */
  pixels: number;
  steps: number;
  scales: number;
  draft: boolean;
}

/** A finished painting with its time from start to end, ms. */
export interface Measured extends Plan {
  ms: number;
}

/** Number of similar paintings that an estimate is made from. */
const ASKED = 3;
/**
 * Largest factors in pixels and steps between comparable paintings: beyond them, start-up costs dominate short runs.
 */
const [MOST_PIXELS, MOST_STEPS] = [4, 6];

/** How much shorter or longer a painting may take than similar ones, as a share. */
const ACCURACY = 0.15;

/** Share of its time above which a painting that shared the device is not comparable. */
const SHARED = 0.1;
/** A painting counts as interrupted beyond this multiple of its computing time plus this start-up time, ms. */
const [RESTED, STARTING_MS] = [4, 20_000];

/**
 * The finished paintings that had the device to themselves. Branches are left out, because they share their first steps
 * with their parent.
 */
export function measuredOf(nodes: readonly Node[], now = Date.now()): Measured[] {
  const spans = nodes.map(({ startedAt, finishedAt }) => ({
    from: startedAt === null ? now : Date.parse(startedAt),
    to: finishedAt === null ? now : Date.parse(finishedAt),
  }));
  return nodes.flatMap((node, at) => {
    const span = spans[at];
    if (!span || !("settings" in node) || node.branchedAtStep !== null || node.status !== "COMPLETED") return [];
    const { settings, content } = node;
    const ms = span.to - span.from;
    if (node.step < settings.steps || ms <= 0) return [];
    const shared = spans.reduce((sum, other) => (other === span ? sum : sum + overlap(span, other)), 0);
    if (shared > SHARED * ms) return [];
    // The last step has the largest scale. A painting much slower than that pace was paused, or its server was down.
    if (ms > RESTED * settings.steps * (node.latestFrame?.computeMs ?? 0) + STARTING_MS) return [];
    const { model, optimizer, steps, scales, draft, size } = settings;
    return [{ model, optimizer, steps, scales, draft, pixels: pixelsOf(content, size), ms }];
  });
}

/** Width times height of a result, px. */
export function pixelsOf({ width, height }: { width: number; height: number }, size: number): number {
  const scale = size / Math.max(width, height);
  return Math.max(1, width * scale * height * scale);
}

/**
 * How long a painting takes, from the median rate per step and pixel of the three most similar paintings. These have the
 * same network, optimiser and draft, the same number of scales if possible, and about the same size. Null if none is similar
 * enough.
 */
export function estimate(plan: Plan, measured: readonly Measured[]): Range | null {
  const same = measured.filter(
    (one) =>
      [plan.model, formerModelId(plan.model)].includes(one.model) &&
      one.optimizer === plan.optimizer &&
      one.draft === plan.draft &&
      factor(one.pixels, plan.pixels) <= MOST_PIXELS &&
      factor(one.steps, plan.steps) <= MOST_STEPS,
  );
  const alike = same.some(({ scales }) => scales === plan.scales) ? same.filter(({ scales }) => scales === plan.scales) : same;
  const distance = ({ pixels, steps }: Measured) => Math.abs(Math.log(pixels / plan.pixels)) + Math.abs(Math.log(steps / plan.steps)) / 2;
  const asked = [...alike].sort((a, b) => distance(a) - distance(b)).slice(0, ASKED);
  const rates = asked.map(({ ms, steps, pixels }) => ms / (steps * pixels)).sort((a, b) => a - b);
  const rate = rates[Math.floor(rates.length / 2)];
  if (rate === undefined) return null;
  const ms = rate * plan.steps * plan.pixels;
  return { from: ms * (1 - ACCURACY), to: ms * (1 + ACCURACY) };
}

interface Span {
  from: number;
  to: number;
}

/** The overlap of two spans, ms. */
function overlap(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

function factor(a: number, b: number): number {
  return Math.max(a / b, b / a);
}
