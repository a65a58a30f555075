/**
 * Longest time until a viewer who has lost access is cut off, ms. It should take at most a second, which bench/closing.ts measures
 * on an idle machine. When all tests share a few cores it takes longer, but not 10 s, unless the server waits for the client
 * to leave.
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
