import type { NumberRange } from "../../server/records/settings";

/** Last position of a slider. An odd number puts the default in the middle when position 0 is a stop at 0. */
export const LAST_POSITION = 241;
/** Decades that a logarithmic slider spans on each side of the default; the number field takes the whole range. */
const DECADES = 3;

/** The slider position nearest to a value. */
export function positionOf(setting: NumberRange, value: number): number {
  const { low, high, firstPosition } = span(setting);
  if (setting.scale !== "logarithmic") return clampPosition(((value - low) / (high - low)) * LAST_POSITION);
  if (value <= 0) return 0;
  const share = Math.log(value / low) / Math.log(high / low);
  return clampPosition(Math.max(firstPosition, firstPosition + share * (LAST_POSITION - firstPosition)));
}

/** The value at a slider position, rounded to a readable number. */
export function valueAt(setting: NumberRange, position: number): number {
  const { low, high, firstPosition } = span(setting);
  if (setting.scale !== "logarithmic") return rounded(setting, low + ((high - low) * position) / LAST_POSITION);
  if (position < firstPosition) return 0;
  const share = (position - firstPosition) / (LAST_POSITION - firstPosition);
  return rounded(setting, low * (high / low) ** share);
}

/** The range of a slider; position 0 of a logarithmic slider is a stop at 0 if 0 is allowed. */
function span({ scale, min, max, default: usual }: NumberRange) {
  if (scale !== "logarithmic") return { low: min, high: max, firstPosition: 0 };
  const reach = 10 ** DECADES;
  return { low: Math.max(min, usual / reach), high: Math.min(max, usual * reach), firstPosition: min === 0 ? 1 : 0 };
}

function rounded({ min, max, integer, scale }: NumberRange, value: number): number {
  const nice = scale !== "logarithmic" ? roundedTo(linearStep(max - min, integer), value) : Number(value.toPrecision(2));
  return Math.min(max, Math.max(min, integer ? Math.round(nice) : nice));
}

/** The step of a linear slider: a power of two, at least 1, for integers; else a power of ten. */
function linearStep(range: number, integer: boolean): number {
  if (!integer) return 10 ** Math.floor(Math.log10(range / LAST_POSITION));
  return Math.max(1, 2 ** Math.floor(Math.log2(range / LAST_POSITION) + 1));
}

function roundedTo(step: number, value: number): number {
  // Without the last digits, which are those of binary fractions.
  return Number((Math.round(value / step) * step).toPrecision(12));
}

function clampPosition(position: number): number {
  return Math.round(Math.min(LAST_POSITION, Math.max(0, position)));
}
