import type { NumberRange } from "../../server/records/settings";

/** Positions of a slider run from 0 to this; with 0 apart, an odd number puts the default in the middle. */
export const LAST_POSITION = 241;
/** Decades that a logarithmic slider spans on each side of the default. The number field takes the whole range. */
const DECADES = 3;

/** The slider position nearest to a value. */
export function positionOf(setting: NumberRange, value: number): number {
  const { low, high, firstPosition } = span(setting);
  if (setting.scale !== "logarithmic") return clampPosition(((value - low) / (high - low)) * LAST_POSITION);
  if (value <= 0) return 0;
  const share = Math.log(value / low) / Math.log(high / low);
  return clampPosition(Math.max(firstPosition, firstPosition + share * (LAST_POSITION - firstPosition)));
}

/** The value at a slider position, rounded to what is easy to read. */
export function valueAt(setting: NumberRange, position: number): number {
  const { low, high, firstPosition } = span(setting);
  if (setting.scale !== "logarithmic") return rounded(setting, low + ((high - low) * position) / LAST_POSITION);
  if (position < firstPosition) return 0;
  const share = (position - firstPosition) / (LAST_POSITION - firstPosition);
  return rounded(setting, low * (high / low) ** share);
}

/** What a slider reaches; position 0 of a logarithmic one is a stop at 0 where 0 is allowed. */
function span({ scale, min, max, default: usual }: NumberRange) {
  if (scale !== "logarithmic") return { low: min, high: max, firstPosition: 0 };
  const reach = 10 ** DECADES;
  return { low: Math.max(min, usual / reach), high: Math.min(max, usual * reach), firstPosition: min === 0 ? 1 : 0 };
}

function rounded({ min, max, integer, scale }: NumberRange, value: number): number {
  const nice = scale !== "logarithmic" ? roundedTo(linearStep(max - min, integer), value) : Number(value.toPrecision(2));
  return Math.min(max, Math.max(min, integer ? Math.round(nice) : nice));
}

/** Wide ranges go by powers of two, narrow ranges of integers by ones. */
function linearStep(range: number, integer: boolean): number {
  const step = 2 ** Math.floor(Math.log2(range / LAST_POSITION) + 1);
  return integer ? Math.max(1, step) : step;
}

function roundedTo(step: number, value: number): number {
  return Math.round(value / step) * step;
}

function clampPosition(position: number): number {
  return Math.round(Math.min(LAST_POSITION, Math.max(0, position)));
}
