import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { StorageUnavailable, systemCode } from "../../errors.js";
import { causeOf } from "../sql/database.js";

/**
 * States with which a database refuses work that it may do later: connection failures (08), rejected logins (28),
 * databases and schemas that are missing (3D), lack of resources (53), intervention of an operator, which includes the
 * statement's timeout (57), errors of its system (58), and statements that write on a standby (25006).
 */
const PASSING_STATES = /^(08|28|3D|53|57|58)|^25006$/;

/** Two transactions waited for each other, or one was based on what another one changed: all of it can be done again. */
const CONFLICT_STATES = ["40P01", "40001"];

/** Errors of the network. */
const NETWORK_CODES = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
];

/** The driver reports these without a code. */
const LOST_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying|timeout expired|Query read timeout|Client has encountered a connection|Client was closed|Cannot use a pool after|The server does not support SSL)/;

/** How often a transaction that conflicts with others is tried. */
const ATTEMPTS = 6;

/** Whether the database could not be reached or refused work that it may do later. */
export function isUnreachable(error: unknown): boolean {
  const cause = causeOf(error);
  if (!(cause instanceof Error)) return false;
  if (cause instanceof pg.DatabaseError) return PASSING_STATES.test(cause.code ?? "");
  return NETWORK_CODES.includes(systemCode(cause) ?? "") || LOST_CONNECTION.test(cause.message);
}

/** The error to throw for one of the database: StorageUnavailable when it may pass. */
export function failureOf(error: unknown): unknown {
  if (!isUnreachable(error)) return error;
  const cause = causeOf(error);
  return new StorageUnavailable(`The database cannot be reached (${systemCode(cause) ?? "connection lost"}).`, error);
}

/**
 * Does work on the database, which must be one statement or one transaction: conflicts with others undo all of it, and
 * it is done again.
 * @throws StorageUnavailable when the database cannot be reached.
 */
export async function reaching<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const cause = causeOf(error);
      const isConflict = cause instanceof pg.DatabaseError && CONFLICT_STATES.includes(cause.code ?? "");
      if (!isConflict || attempt === ATTEMPTS) throw failureOf(error);
      // Two that met wait for different times.
      await setTimeout(Math.random() * 20 * attempt);
    }
  }
}

/** The same store of rows; each of its calls is one of `reaching`. */
export function reachable<Store extends object>(store: Store): Store {
  const members = Object.entries(store).map(([name, member]) => {
    if (typeof member !== "function") return [name, member];
    return [name, (...args: unknown[]) => reaching(async () => member(...args))];
  });
  return Object.fromEntries(members) as Store;
}
