import type { ResultOf } from "gql.tada";
import type { PaceQuery } from "../../graphql/operations";

type Node = ResultOf<typeof PaceQuery>["sessions"]["edges"][number]["node"];

/** What is to be painted. */
export interface Plan {
  model: string;
  optimizer: string;
  /** Width times height of the result, px. */
  pixels: number;
  steps: number;
  scales: number;
}

/** How long a finished painting took, ms from its first step to its last, with what it was. */
export interface Measured extends Plan {
  ms: number;
}

/** How many of the paintings that are most alike are asked. */
const ASKED = 3;
/** Beyond these factors the time does not go by pixels and steps any more: small pictures and short runs cost what they begin with. */
const [MOST_PIXELS, MOST_STEPS] = [4, 6];

/** A painting that shared the device for more than this part of its time says nothing of how long one takes alone. */
const SHARED = 0.1;
/** How many times its computing a painting may have taken, and what it takes to begin, ms. */
const [RESTED, STARTING_MS] = [4, 20_000];

/**
 * The finished paintings of which it is known what they took: those that had the device to themselves. Branches share
 * their first steps with another one.
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
    // The last step is of the largest scale: what took much longer than all steps at its pace was paused, or its server was away.
    if (ms > RESTED * settings.steps * (node.latestFrame?.computeMs ?? 0) + STARTING_MS) return [];
    const { model, optimizer, steps, scales, size } = settings;
    return [{ model, optimizer, steps, scales, pixels: pixelsOf(content, size), ms }];
  });
}

/** Width times height of a result, px. */
export function pixelsOf({ width, height }: { width: number; height: number }, size: number): number {
  const scale = size / Math.max(width, height);
  return Math.max(1, width * scale * height * scale);
}

/**
 * How long a painting takes, ms, from what those took that are most alike: of the same network and optimiser, of as many
 * scales where there are such, of about the size; the middle one of three, by step and pixel. Null where none is near enough.
 */
export function estimate(plan: Plan, measured: readonly Measured[]): number | null {
  const same = measured.filter(
    (one) =>
      one.model === plan.model &&
      one.optimizer === plan.optimizer &&
      factor(one.pixels, plan.pixels) <= MOST_PIXELS &&
      factor(one.steps, plan.steps) <= MOST_STEPS,
  );
  const alike = same.some(({ scales }) => scales === plan.scales) ? same.filter(({ scales }) => scales === plan.scales) : same;
  const distance = ({ pixels, steps }: Measured) => Math.abs(Math.log(pixels / plan.pixels)) + Math.abs(Math.log(steps / plan.steps)) / 2;
  const asked = [...alike].sort((a, b) => distance(a) - distance(b)).slice(0, ASKED);
  const rates = asked.map(({ ms, steps, pixels }) => ms / (steps * pixels)).sort((a, b) => a - b);
  const rate = rates[Math.floor(rates.length / 2)];
  return rate === undefined ? null : rate * plan.steps * plan.pixels;
}

interface Span {
  from: number;
  to: number;
}

/** How long two spans are one, ms. */
function overlap(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

function factor(a: number, b: number): number {
  return Math.max(a / b, b / a);
}

/** Rounded to what such an estimate can tell: seconds below ten, then steps of five, then halves of minutes. */
export function roundedEstimate(ms: number): number {
  const seconds = ms / 1000;
  const step = seconds < 10 ? 1 : seconds < 60 ? 5 : seconds < 600 ? 30 : 60;
  return 1000 * Math.max(1, Math.round(seconds / step) * step);
}
