import type { TadaDocumentNode } from "gql.tada";
import { print } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { ConnectionError, type ServerError, serverError } from "./execute";
import { AliveQuery } from "./operations";

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;
const LONGEST_PAUSE_MS = 8_000;

let client: Client | undefined;
let connected = false;

/** The page's only socket, shared by all subscriptions and open while there is at least one. */
function sharedClient(): Client {
  client ??= openClient();
  return client;
}

function openClient(): Client {
  let unanswered: ReturnType<typeof setTimeout> | undefined;
  const opened = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    // A silent retry would repeat a subscription from its old step: `follow` retries with the newest one.
    retryAttempts: 0,
    keepAlive: PING_EVERY_MS,
    on: {
      ping(received) {
        if (!received) unanswered = setTimeout(() => opened.terminate(), PONG_WITHIN_MS);
      },
      pong(received) {
        if (received) clearTimeout(unanswered);
      },
      connected() {
        connected = true;
      },
      closed() {
        connected = false;
        clearTimeout(unanswered);
      },
    },
  });
  return opened;
}

/**
 * The events of one subscription, until it ends or `signal` aborts. `onOpen` is called when the server
 * is connected.
 * @throws ServerError when the server refuses it, ConnectionError when the connection is lost.
 */
async function* subscribe<Result, Variables extends Record<string, unknown>>(
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
  signal: AbortSignal,
  onOpen?: () => void,
): AsyncGenerator<Result> {
  const stopListening = sharedClient().on("connected", () => onOpen?.());
  const events = sharedClient().iterate<Result>({ query: print(document), variables });
  if (connected) onOpen?.();
  const stop = () => void events.return?.();
  signal.addEventListener("abort", stop);
  try {
    for await (const { data, errors } of events) {
      if (errors?.length) throw serverError(errors);
      if (data) yield data;
    }
  } catch (error) {
    // graphql-ws throws an array of errors for a refused subscription, and an event for a lost connection.
    throw Array.isArray(error) ? serverError(error) : asConnectionError(error);
  } finally {
    stopListening();
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Runs a mutation over the socket, for mutations that are too frequent for separate requests.
 * @throws ServerError when the server refuses it, ConnectionError when the connection is lost.
 */
export async function ask<Result, Variables extends Record<string, unknown>>(
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const signal = new AbortController().signal;
  for await (const result of subscribe(document, variables, signal)) return result;
  throw new ConnectionError();
}

/**
 * Resolves when the server has begun all subscriptions that were opened before, so that what is loaded from then on misses
 * no change: it takes the operations of a socket in their order.
 * @throws ConnectionError when the connection is lost.
 */
export async function subscriptionsBegun(): Promise<void> {
  await ask(AliveQuery, {});
}

function asConnectionError(error: unknown): ServerError | ConnectionError {
  if (error instanceof Error && error.name === "ServerError") return error as ServerError;
  return new ConnectionError({ cause: error });
}

export interface Follow<Result, Variables> {
  document: TadaDocumentNode<Result, Variables>;
  /** Read before each connection, so that a new one continues where the last one stopped. */
  variables(): Variables;
  onEvent(event: Result): void;
  /** Receives false when the connection is lost and true when it is open again. */
  onConnection?(connected: boolean): void;
  /** Whether no more events can come, so that a subscription that ended is not opened again. Left out: never. */
  isOver?(): boolean;
  signal: AbortSignal;
}

/**
 * Keeps a subscription open through lost connections, with a longer wait after each failure.
 * @throws ServerError when the server refuses it.
 */
export async function follow<Result, Variables extends Record<string, unknown>>(options: Follow<Result, Variables>): Promise<void> {
  const { document, variables, onEvent, onConnection, isOver, signal } = options;
  let failures = 0;
  const onOpen = () => {
    failures = 0;
    onConnection?.(true);
  };
  while (!signal.aborted) {
    try {
      for await (const event of subscribe(document, variables(), signal, onOpen)) {
        if (signal.aborted) return;
        onEvent(event);
      }
      if (signal.aborted || isOver?.()) return;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ConnectionError)) throw error;
    }
    onConnection?.(false);
    await pause(failures++, signal);
  }
}

/** Repeats `attempt` until the server can be reached. @throws ServerError, and the reason that `signal` aborts with. */
export async function untilReached<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
  onConnection?: (connected: boolean) => void,
): Promise<Result> {
  for (let failures = 0; ; failures++) {
    try {
      const result = await attempt();
      onConnection?.(true);
      return result;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      onConnection?.(false);
      await pause(failures, signal);
      signal.throwIfAborted();
    }
  }
}

/**
 * Waits half a second at first, then twice as long each time; ends early when the network is back or `signal` aborts.
 */
function pause(failures: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      window.removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures));
    signal.addEventListener("abort", end);
    window.addEventListener("online", end);
  });
}
