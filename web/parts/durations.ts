import { unitTexts as units } from "../texts/units";

/** A duration in words short enough for a label: `850 ms`, `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return units.milliseconds(ms.toFixed(0));
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return units.seconds(ms < 10_000 ? (ms / 1000).toFixed(1) : String(seconds));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(units.minutes(minutes), seconds % 60, (rest) => units.seconds(String(rest)));
  return withRest(units.hours(Math.floor(minutes / 60)), minutes % 60, units.minutes);
}

/** An estimated duration in words, rounded to its accuracy: seconds below ten, then five seconds, half a minute and a minute. */
export function formatRoughly(ms: number): string {
  const seconds = ms / 1000;
  const step = seconds < 10 ? 1 : seconds < 60 ? 5 : seconds < 600 ? 30 : 60;
  const rounded = Math.max(1, Math.round(seconds / step) * step);
  return rounded < 10 ? units.seconds(String(rounded)) : formatDuration(1000 * rounded);
}

/** A range of estimated durations in words, such as `4 to 8 s`; a single one where both ends read the same. */
export function formatBetween(from: number, to: number): string {
  const [shortest, longest] = [formatRoughly(from), formatRoughly(to)];
  if (shortest === longest) return longest;
  const [number, unit] = shortest.split(" ");
  return longest.split(" ").length === 2 && longest.endsWith(` ${unit}`)
    ? units.between(number!, longest)
    : units.between(shortest, longest);
}

function withRest(text: string, rest: number, inUnit: (rest: number) => string): string {
  return rest === 0 ? text : `${text} ${inUnit(rest)}`;
}
