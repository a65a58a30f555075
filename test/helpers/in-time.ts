/**
 * When access ends, the server must close the viewer's connection within a second. Tests wait up to this long, ms: side by side
 * they are slower. `bench/closing.ts` checks the second itself on an idle machine.
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
