import { createClient } from "graphql-ws";
import { serverError } from "./execute";
import type { Operation, OperationResult, Transport } from "./transport";

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const OPEN_WITHIN_MS = 4_000;

/** Close codes of the server for a client that may not use it. */
const REFUSED_CODES = [4401, 4403];

/** GraphQL over one WebSocket. `onRefused` is called when it could not be opened, but not for lack of access. */
export function socketTransport(onRefused: () => void): Transport {
  const listeners = new Set<() => void>();
  let isConnected = false;
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  let unopened: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    // A silent retry would repeat a subscription from its old step: `follow` retries with the newest one.
    retryAttempts: 0,
    keepAlive: PING_EVERY_MS,
    on: {
      connecting() {
        unopened = setTimeout(() => client.terminate(), OPEN_WITHIN_MS);
      },
      ping(received) {
        if (!received) unanswered = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
      },
      pong(received) {
        if (received) clearTimeout(unanswered);
      },
      connected() {
        clearTimeout(unopened);
        isConnected = true;
        for (const listener of listeners) listener();
      },
      closed(event) {
        clearTimeout(unopened);
        clearTimeout(unanswered);
        const code = (event as { code?: unknown }).code;
        if (!isConnected && !REFUSED_CODES.some((refused) => refused === code)) onRefused();
        isConnected = false;
      },
    },
  });
  return {
    get isConnected() {
      return isConnected;
    },
    takesAll: true,
    onConnected(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    iterate: <Result>({ query, variables }: Operation) =>
      client.iterate<Result>({ query, variables }) as AsyncGenerator<OperationResult<Result>>,
    // graphql-ws throws an array of errors for a refused subscription, and an event for a lost connection.
    refusalOf: (error) => (Array.isArray(error) ? serverError(error) : null),
    // The server takes the operations of a socket in their order.
    begun: async () => undefined,
  };
}
