import type { TadaDocumentNode } from "gql.tada";
import { print } from "graphql";
import { ConnectionError, execute, mayPass, type ServerError, serverError } from "./execute";
import { AliveQuery } from "./operations";
import type { Transport } from "./transport";
import { sharedTransport } from "./transports";

const LONGEST_PAUSE_MS = 8_000;

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
  const transport = await sharedTransport();
  if (signal.aborted) return;
  const stopListening = transport.onConnected(() => onOpen?.());
  const events = transport.iterate<Result>({ query: print(document), variables });
  if (transport.isConnected) onOpen?.();
  const stop = () => void events.return(undefined);
  signal.addEventListener("abort", stop);
  try {
    for await (const { data, errors } of events) {
      if (errors?.length) throw serverError(errors);
      if (data) yield data;
    }
  } catch (error) {
    throw asError(error, transport);
  } finally {
    stopListening();
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Runs a query or mutation after the server has begun all subscriptions that were opened before, so that no change falls
 * in between. It goes over the socket where there is one, which suits mutations that are too frequent for separate requests.
 * @throws ServerError when the server refuses it, ConnectionError when the connection is lost.
 */
export async function ask<Result, Variables extends Record<string, unknown>>(
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const transport = await sharedTransport();
  await transport.begun();
  if (!transport.takesAll) return execute(document, variables);
  const signal = new AbortController().signal;
  for await (const result of subscribe(document, variables, signal)) return result;
  throw new ConnectionError();
}

/**
 * Resolves when the server has begun all subscriptions that were opened before, so that what is loaded from then on misses
 * no change.
 * @throws ConnectionError when the connection is lost.
 */
export async function subscriptionsBegun(): Promise<void> {
  await ask(AliveQuery, {});
}

function asError(error: unknown, transport: Transport): ServerError | ConnectionError {
  if (error instanceof Error && error.name === "ServerError") return error as ServerError;
  return transport.refusalOf(error) ?? new ConnectionError({ cause: error });
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
 * Keeps a subscription open through lost connections, and while the server cannot read what it stores, with a longer wait after
 * each failure.
 * @throws ServerError when the server refuses it.
 */
export async function follow<Result, Variables extends Record<string, unknown>>(options: Follow<Result, Variables>): Promise<void> {
  const { document, variables, onEvent, onConnection, isOver, signal } = options;
  let failures = 0;
  // A server that refuses is connected each time.
  let refusals = 0;
  const onOpen = () => {
    failures = 0;
    onConnection?.(true);
  };
  while (!signal.aborted) {
    try {
      for await (const event of subscribe(document, variables(), signal, onOpen)) {
        if (signal.aborted) return;
        refusals = 0;
        onEvent(event);
      }
      if (signal.aborted || isOver?.()) return;
    } catch (error) {
      if (signal.aborted) return;
      if (!mayPass(error)) throw error;
      if (!(error instanceof ConnectionError)) refusals++;
    }
    onConnection?.(false);
    await pause(Math.max(failures++, refusals), signal);
  }
}

/**
 * Repeats `attempt` until it succeeds, or fails with an error for which `passes` is false: by default, any but a lost connection.
 * @throws ServerError, and the reason that `signal` aborts with.
 */
export async function untilReached<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
  passes: (error: unknown) => boolean = (error) => error instanceof ConnectionError,
  onConnection?: (connected: boolean) => void,
): Promise<Result> {
  for (let failures = 0; ; failures++) {
    try {
      const result = await attempt();
      if (!signal.aborted) onConnection?.(true);
      return result;
    } catch (error) {
      // The caller has aborted: the outcome no longer matters.
      signal.throwIfAborted();
      if (!passes(error)) throw error;
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
