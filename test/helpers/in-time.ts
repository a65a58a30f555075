/**
 * How long a test waits for the connection of a viewer who has lost access to close, ms. The server has one second for it.
 * `bench/closing.ts` checks that on an idle machine, because tests that run side by side are slower.
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
