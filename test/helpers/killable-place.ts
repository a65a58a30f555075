import { setTimeout as delay } from "node:timers/promises";
import type { GraphqlClient } from "./graphql-client.js";
import type { ServerProcess } from "./server.js";

/** Real processes that paint for a kill run, and that are killed in turn. */
export interface KillablePlace {
  /** A server that serves: after one was killed, another one or its successor. */
  server(): Promise<GraphqlClient>;
  /** Whether this server was killed, which cuts off its viewers. */
  wasKilled(server: GraphqlClient): boolean;
  /** Sends `kill -9` to the process whose turn it is, and resolves once that is replaced; returns what it was. */
  kill(): Promise<string>;
  /** These sessions in the order in which they were begun. */
  inOrderOfBegin(ids: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Sends `kill -9` to a server's device, once it has one. */
export async function killDevice(server: ServerProcess): Promise<void> {
  for (;;) {
    const pids = server.devices();
    for (const pid of pids) process.kill(pid, "SIGKILL");
    if (pids.length > 0) return;
    await delay(50);
  }
}
