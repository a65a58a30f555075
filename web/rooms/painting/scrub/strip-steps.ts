const MOST = 8;

/**
 * The steps whose pictures stand along the track, about evenly. They change only when the history has doubled, so that a
 * painting that goes on does not load new ones with every step; the first is step 0.
 */
export function stripSteps(last: number): number[] {
  if (last <= 0) return [0];
  const stride = 2 ** Math.ceil(Math.log2(last / (MOST - 1)));
  const whole = Math.max(1, stride);
  return Array.from({ length: Math.floor(last / whole) + 1 }, (_, place) => place * whole);
}
