/**
 * How long a viewer who has lost access may stay connected in a test, ms. The limit is one second, and bench/closing.ts
 * measures it on an idle machine. Tests that share a few cores need longer, but 10 s only if the server waits for the client.
 */
const CUT_OFF_MS = 10_000;

/** The end of a connection that is being closed. @throws Error when it does not come in time. */
export function inTime<End>(end: Promise<End>): Promise<End> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`The connection was still open after ${CUT_OFF_MS / 1000} s.`));
    const timer = setTimeout(late, CUT_OFF_MS);
    end.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
