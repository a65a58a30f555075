/**
 * How soon whoever may watch no more is cut off at the latest, ms. The promise is a second, which bench/closing.ts measures
 * on a machine that does nothing else; where all tests share few cores, it takes longer. In 10 s even such a machine has
 * done it, and a server that leaves the end to a client or to a later look has not.
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
