/**
 * Loaded into a server before its program, this appends to the file RECORDING_FILE every statement that succeeds: who sent
 * it (RECORDING_ROLE) over which connection, its text and values, and the number of rows.
 */
import { appendFileSync } from "node:fs";
import pg from "pg";

const file = process.env.RECORDING_FILE ?? "";
const by = process.env.RECORDING_ROLE ?? "";
const original = pg.Client.prototype.query;
/** @type {WeakMap<object, string>} */
const connections = new WeakMap();
let count = 0;

/** @param {object} client */
function connectionOf(client) {
  const known = connections.get(client) ?? `${process.pid}:${++count}`;
  connections.set(client, known);
  return known;
}

/**
 * @this {pg.Client}
 * @param {string | { text: string; values?: unknown[] }} query
 * @param {unknown[] | Function} [values]
 * @param {(error: Error | null, result: pg.QueryResult) => void} [callback]
 */
function recorded(query, values, callback) {
  const text = typeof query === "string" ? query : query.text;
  const given = Array.isArray(values) ? values : ((typeof query === "string" ? undefined : query.values) ?? []);
  const done = typeof values === "function" ? values : callback;
  /** @param {pg.QueryResult} result */
  const note = ({ rowCount }) => {
    const line = { at: Date.now(), by, connection: connectionOf(this), text, values: given, rows: rowCount ?? 0 };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
  if (done === undefined) {
    return Reflect.apply(original, this, [query, given]).then((/** @type {pg.QueryResult} */ result) => {
      note(result);
      return result;
    });
  }
  return Reflect.apply(original, this, [
    query,
    given,
    (/** @type {Error | null} */ error, /** @type {pg.QueryResult} */ result) => {
      if (!error) note(result);
      done(error, result);
    },
  ]);
}

Object.assign(pg.Client.prototype, { query: recorded });
