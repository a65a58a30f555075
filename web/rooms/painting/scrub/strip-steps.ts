const MOST = 8;

/**
 * The steps whose pictures stand along the track, about evenly spaced from step 0. They change only when the history
 * has doubled, so that a running painting does not load new pictures at every step.
 */
export function stripSteps(last: number): number[] {
  if (last <= 0) return [0];
  const stride = 2 ** Math.ceil(Math.log2(last / (MOST - 1)));
  const whole = Math.max(1, stride);
  return Array.from({ length: Math.floor(last / whole) + 1 }, (_, place) => place * whole);
}
