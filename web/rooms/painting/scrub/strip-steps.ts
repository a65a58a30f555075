const MOST = 8;

/**
 * The steps whose pictures stand along the track: about evenly spaced from step 0, and the last one. The others change only
 * when the history has doubled, so that a running painting does not load new pictures at every step.
 */
export function stripSteps(last: number): number[] {
  if (last <= 0) return [0];
  const stride = Math.max(1, 2 ** Math.ceil(Math.log2(last / (MOST - 1))));
  const even = Array.from({ length: Math.floor(last / stride) + 1 }, (_, place) => place * stride);
  // One that would lie under the last picture is left out.
  return [...even.filter((step) => last - step > stride / 2), last];
}
