import { createClient, NetworkError } from "graphql-sse";
import { ConnectionError, refusalIn, type ServerError } from "./execute";
import type { Operation, OperationResult, Transport } from "./transport";

/** Longest silence of a stream, ms. The server sends something every 12 s. */
const SILENCE_MS = 25_000;
/** How long the server may take to begin its answer about a stream, ms; a proxy may hold one back for ever. */
const OPEN_WITHIN_MS = 4_000;

/** GraphQL over one stream of server-sent events, for networks that block WebSockets. */
export function eventTransport(): Transport {
  const listeners = new Set<() => void>();
  const refusals = new WeakMap<object, ServerError>();
  /** Operations that the server has not begun, by id. */
  const waiting = new Map<string, { begun: Promise<void>; settle: () => void }>();
  let isConnected = false;
  let operations = 0;

  async function fetchFn(url: string, init: RequestInit): Promise<Response> {
    const { method, body } = init;
    // A request that adds an operation is not aborted: graphql-sse ends on the server only those whose answer it has seen.
    const response = await (method === "POST" ? fetch(url, { ...init, signal: null }) : fetchSoon(url, init));
    if (!response.ok) {
      const refusal = await refusalIn(response.clone());
      if (refusal) refusals.set(response, refusal);
    } else if (method === "POST") {
      // The server accepts an operation (202) once it has begun.
      waiting.get(operationIdOf(body))?.settle();
    } else if (method === "GET" && response.body) {
      return new Response(
        lasting(response.body, () => (isConnected = false)),
        { status: response.status },
      );
    }
    return response;
  }

  const client = createClient({
    singleConnection: true,
    url: "/graphql",
    // `follow` retries with the newest step.
    retryAttempts: 0,
    credentials: "same-origin",
    fetchFn,
    // `iterate` asks for it at once.
    generateID: () => String(operations),
    on: {
      connected() {
        isConnected = true;
        for (const listener of listeners) listener();
      },
    },
  });

  return {
    get isConnected() {
      return isConnected;
    },
    takesAll: false,
    onConnected(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    iterate<Result>({ query, variables }: Operation) {
      operations++;
      const settle = wait(waiting, String(operations));
      const results = client.iterate<Result>({ query, variables }) as AsyncGenerator<OperationResult<Result>>;
      const next = results.next.bind(results);
      results.next = async () => {
        try {
          const result = await next();
          if (result.done) settle();
          return result;
        } catch (error) {
          settle();
          throw error;
        }
      };
      return results;
    },
    refusalOf: (error) => (error instanceof NetworkError && error.response ? (refusals.get(error.response as object) ?? null) : null),
    begun: async () => void (await Promise.all([...waiting.values()].map(({ begun }) => begun))),
  };
}

/** Fetches, but gives up when no answer begins in time. */
async function fetchSoon(url: string, init: RequestInit): Promise<Response> {
  const ending = new AbortController();
  const end = () => ending.abort();
  if (init.signal?.aborted) end();
  init.signal?.addEventListener("abort", end);
  const unanswered = setTimeout(end, OPEN_WITHIN_MS);
  try {
    return await fetch(url, { ...init, signal: ending.signal });
  } finally {
    clearTimeout(unanswered);
  }
}

/** Adds an operation to those that wait; the returned function takes it out. */
function wait(waiting: Map<string, { begun: Promise<void>; settle: () => void }>, id: string): () => void {
  let resolve: () => void = () => undefined;
  const begun = new Promise<void>((done) => {
    resolve = done;
  });
  const settle = () => {
    waiting.delete(id);
    resolve();
  };
  waiting.set(id, { begun, settle });
  return settle;
}

function operationIdOf(body: RequestInit["body"]): string {
  const { extensions } = JSON.parse(String(body)) as { extensions: { operationId: string } };
  return extensions.operationId;
}

/**
 * The bytes of a stream that should never end: its end and a long silence are errors, so that its subscriptions end too.
 * graphql-sse notices neither between two events.
 */
function lasting(body: ReadableStream<Uint8Array>, onEnd: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const silence = setTimeout(() => void reader.cancel(), SILENCE_MS);
      try {
        const { done, value } = await reader.read();
        if (done) throw new ConnectionError();
        controller.enqueue(value);
      } catch (error) {
        onEnd();
        throw error;
      } finally {
        clearTimeout(silence);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
