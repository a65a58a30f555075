import type { PGlite } from "@electric-sql/pglite";

/**
 * Makes a database run its queries one after the other, and lets the event loop turn between them. PGlite computes in
 * this thread, and many queries at once would run in one go: nothing else, such as a health check, would be served
 * before the last of them.
 */
export function runFairly(client: PGlite): PGlite {
  const [query, transaction] = [client.query.bind(client), client.transaction.bind(client)];
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(run: () => Promise<Result>): Promise<Result> => {
    const result = tail.then(nextTurn).then(run);
    const settled = () => undefined;
    tail = result.then(settled, settled);
    return result;
  };
  client.query = (text, parameters, options) => inTurn(() => query(text, parameters, options));
  client.transaction = (work) => inTurn(() => transaction(work));
  return client;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
