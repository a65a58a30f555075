/** One reading of a value that should not grow. */
export interface Reading {
  /** When it was read, hours. */
  at: number;
  value: number;
}

/** A line through readings, by least squares. */
export interface Trend {
  /** Its slope, by the hour. */
  perHour: number;
  /** How much it rises from the first reading to the last. */
  rise: number;
  /** Standard deviation of the readings from it. */
  noise: number;
  /** The largest rise that counts as none. */
  most: number;
  isUpward: boolean;
}

/** A line that rises by this many times the noise was not drawn by chance, even where neighbouring readings are alike. */
const NOISES = 2;

/**
 * The trend of at least three readings. It counts as upward when it rises by more than twice the noise, and by more than `least`,
 * which says what is too little to matter.
 */
export function trendOf(readings: readonly Reading[], least: number): Trend {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || readings.length < 3) throw new RangeError("A trend needs at least three readings.");
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(readings.map(({ at }) => at)), mean(readings.map(({ value }) => value))];
  const spread = readings.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  const perHour = readings.reduce((sum, { at, value }) => sum + (at - middle) * (value - level), 0) / spread;
  const noise = Math.sqrt(mean(readings.map(({ at, value }) => (value - level - perHour * (at - middle)) ** 2)));
  const rise = perHour * (last.at - first.at);
  const most = Math.max(NOISES * noise, least);
  return { perHour, rise, noise, most, isUpward: rise > most };
}
