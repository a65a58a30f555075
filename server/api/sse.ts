import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Request, RequestHandler, Response } from "express";
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import { createHandler, type Response as HandlerResponse } from "graphql-sse";
import { unauthenticated } from "../access/permissions.js";
import type { Principal } from "../access/principal.js";
import { type AtelierError, badInput, notFound } from "../errors.js";
import { FREE_PLACE_S } from "../limits/allowances.js";
import type { StreamReply, StreamRequest } from "../records/stream.js";
import { StreamClaim } from "../streams/claim.js";
import type { RelayedStream, StreamRelay } from "../streams/relay.js";
import type { StreamReservations } from "../streams/reservations.js";
import type { ApiContext } from "./context.js";
import { DocumentCache } from "./document-cache.js";
import { formatError, type ReportError } from "./errors.js";
import { schemaRefusal, withoutSuggestions } from "./introspection.js";
import { limitedExecute } from "./limited-execute.js";
import { apiLimits } from "./limits.js";
import { operationContext } from "./operation.js";
import { costReport } from "./query-limits.js";
import { SharedResults } from "./shared-results.js";
import { StreamOutput } from "./stream-output.js";
import { subscribeEachEvent } from "./subscribe.js";
import { SubscriptionResults } from "./subscription-results.js";
import type { SocketAccess } from "./websocket.js";

const EVENT_STREAM = "text/event-stream";
const TOKEN = "x-graphql-event-stream-token";

export interface EventStreamParts {
  reservations: StreamReservations;
  /** Reaches the streams of other servers; null where there is no other. */
  relay: StreamRelay | null;
}

/** A reservation, and the stream of events once the client has opened it. */
interface Stream {
  token: string;
  /** Who reserved it, as text. */
  holder: string;
  context: ApiContext;
  output: StreamOutput;
  isOpened: boolean;
  claim: StreamClaim;
  /** Operations whose results have not all been handed over. */
  operations: number;
  /** Those of them that are subscriptions end with the stream. */
  readonly subscriptions: SubscriptionResults;
  end(): void;
}

export interface EventStreams {
  /** Serves the requests of the protocol and passes on all others. It needs their parsed bodies. */
  readonly middleware: RequestHandler;
  /** Ends all streams, so that their clients connect again elsewhere or later. */
  close(): void;
}

/**
 * GraphQL over server-sent events at `/graphql`, in the single connection mode of graphql-sse: PUT reserves a stream, GET
 * opens it, POST adds an operation and DELETE ends one. A stream has the limits of a WebSocket and takes the place of one.
 *
 * Where several servers share the work, each request may reach another one: the stream is at the server that its GET
 * reaches, and the others pass on what they get about it.
 */
export function graphqlOverSse(
  schema: GraphQLSchema,
  {
    contextOf,
    principals,
    connections,
    addressOf,
    allowances,
    places,
    introspection,
    reservations,
    relay,
  }: SocketAccess & EventStreamParts,
  report: ReportError,
): EventStreams {
  const documents = new DocumentCache(schema);
  const execute = limitedExecute(allowances);
  const results = new SharedResults();
  const streams = new Map<string, Stream>();
  /** By the contexts of operations: graphql-sse tells `subscribe` nothing of the stream. */
  const subscriptionsOf = new WeakMap<object, SubscriptionResults>();
  const handle = createHandler<null, { stream: Stream }>({
    authenticate: ({ context }) => context.stream.token,
    // The document was validated when it was read.
    validate: () => [],
    async execute(args) {
      const cost = documents.costOf((args as ExecutionArgs).document);
      return { ...(await execute(args as ExecutionArgs)), ...(cost === null ? {} : { extensions: costReport(cost) }) };
    },
    async subscribe(args) {
      const begun = await subscribeEachEvent(args as ExecutionArgs, results);
      return subscriptionsOf.get((args as ExecutionArgs).contextValue as object)?.add(begun) ?? begun;
    },
    onSubscribe({ context: { stream } }, { query, variables, operationName }) {
      try {
        const document = documents.get(query);
        if (!("kind" in document)) return refused(...document);
        if (!getOperationAST(document, operationName)) return refused(new GraphQLError("The request names no operation."));
        const { context, output } = stream;
        const refusal = schemaRefusal(document, context.principal.role, introspection);
        if (refusal) return refused(new GraphQLError(refusal.message, { originalError: refusal }));
        const contextValue = operationContext(context, () => output.isEnded);
        subscriptionsOf.set(contextValue, stream.subscriptions);
        return { schema, document, variableValues: variables, operationName, contextValue } as never;
      } catch (error) {
        if (error instanceof GraphQLError) return refused(error);
        throw error;
      }
    },
    async onNext(_context, { context: { stream } }, result) {
      await stream.output.space();
      const text = results.textOf(result as ExecutionResult);
      if (text !== null) return stream.output.written(text);
      if (!result.errors) return undefined;
      const formatted = result.errors.map((error) => formatError(asGraphQLError(error), schema, report));
      return { ...result, errors: withoutSuggestions(formatted, stream.context.principal.role, introspection) } as never;
    },
    onComplete(_context, { context: { stream } }) {
      stream.operations--;
    },
  });

  /** Has graphql-sse handle a request about a stream. */
  const handled = (stream: Stream, method: string, accept: string, request: StreamRequest | null = null) => {
    const headers: Record<string, string | null> = { accept, "content-type": request?.contentType ?? null };
    const get = (name: string) => headers[name];
    return handle({ method, url: request?.url ?? "", headers: { get }, body: request?.body ?? null, raw: null, context: { stream } });
  };

  /** Makes a stream at this server; `isTaken` when its reservation has been taken. @throws AtelierError LIMIT, UNAUTHENTICATED */
  async function create(token: string, request: Request, principal: Principal, isTaken = false): Promise<Stream> {
    const address = addressOf(request);
    const holder = holderOf(principal);
    const claim = new StreamClaim(reservations, token, holder);
    if (isTaken) claim.settle(true);
    const place = places.take(principal, address ?? "");
    const output = new StreamOutput();
    const stream: Stream = {
      ...{ token, holder, context: contextOf(principal, address), output },
      ...{ isOpened: false, claim, operations: 0, subscriptions: new SubscriptionResults(report) },
      end() {
        if (output.isEnded) return;
        clearTimeout(unopened);
        place.release();
        streams.delete(stream.token);
        release?.();
        void unlisten?.();
        output.end();
        stream.subscriptions.end();
        // graphql-sse forgets only a stream that was opened, together with its operations.
        if (!stream.isOpened) void handled(stream, "GET", EVENT_STREAM).then(([events]) => endOf(events), report);
      },
    };
    const unopened = setTimeout(() => {
      if (!stream.isOpened) stream.end();
    }, apiLimits.connectionInitTimeoutMs);
    let release: (() => void) | null = null;
    let unlisten: (() => Promise<void>) | null = null;
    streams.set(token, stream);
    await handled(stream, "PUT", "*/*");
    await place.confirm().catch((error: unknown) => {
      stream.end();
      throw error;
    });
    release = connections.add(principal, () => stream.end());
    const relayed: RelayedStream = {
      accepts: async (asking) => asking === holder && (await stays(stream, claim.soon())),
      answer: (asked) => answer(stream, asked),
      leave() {
        claim.settle(false);
        stream.end();
      },
    };
    unlisten = (await relay?.listen(token, relayed)) ?? null;
    // A link may have been revoked since the request was read.
    if (output.isEnded) {
      release();
      void unlisten?.();
      throw unauthenticated();
    }
    return stream;
  }

  async function reserve(request: Request, principal: Principal, response: Response): Promise<void> {
    const { token, holder } = await create(randomUUID(), request, principal);
    await reservations.put(token, holder, apiLimits.connectionInitTimeoutMs);
    response.status(201).set("Cache-Control", "no-store").type("text/plain").send(token);
  }

  /** Resolves to whether a stream stays at this server; one that another server has opened ends here. */
  async function stays(stream: Stream, claimed: Promise<boolean>): Promise<boolean> {
    if (await claimed) return !stream.output.isEnded;
    stream.end();
    return false;
  }

  /** Makes a stream that was reserved at another server. @throws AtelierError NOT_FOUND, LIMIT, UNAUTHENTICATED */
  async function takeOver(token: string, request: Request, principal: Principal): Promise<Stream> {
    if (!(await reservations.take(token, holderOf(principal)))) throw noSuchStream();
    await relay?.announce(token);
    return create(token, request, principal, true);
  }

  async function open(stream: Stream, response: Response): Promise<void> {
    if (stream.isOpened) return void response.status(409).json({ errors: [{ message: "The stream is open already." }] });
    stream.isOpened = true;
    const [events] = await handled(stream, "GET", EVENT_STREAM);
    if (events === null || typeof events === "string") throw new TypeError("graphql-sse returned no events.");
    const leave = () => {
      stream.end();
      endOf(events).catch(report);
    };
    response.once("close", leave);
    stream.output.onEnd(() => response.end());
    if (response.destroyed || stream.output.isEnded) leave();
    response.set({
      "Content-Type": `${EVENT_STREAM}; charset=utf-8`,
      "Cache-Control": "no-cache, no-transform",
      "X-Content-Type-Options": "nosniff",
      // nginx would collect events before it passes them on.
      "X-Accel-Buffering": "no",
    });
    response.flushHeaders();
    for await (const event of events) {
      if (stream.output.isEnded) break;
      const ready = response.write(stream.output.textOf(event));
      if (!ready) await Promise.race([once(response, "drain"), stream.output.ended]);
      stream.output.sent(event);
    }
    stream.end();
  }

  /** Adds an operation to a stream, or ends one. */
  async function answer(stream: Stream, request: StreamRequest): Promise<StreamReply> {
    if (request.method === "DELETE") return replyOf(await handled(stream, "DELETE", "*/*", request));
    if (stream.operations >= apiLimits.maxSubscriptionsPerSocket) {
      const refusal = allowances.refusal("subscriptionsPerSocket", FREE_PLACE_S);
      const shown = formatError(new GraphQLError(refusal.message, { originalError: refusal }), schema, report);
      const headers = { "content-type": "application/json; charset=utf-8", "retry-after": String(FREE_PLACE_S) };
      return { status: 429, headers, body: JSON.stringify({ errors: [shown] }) };
    }
    stream.operations++;
    let isAccepted = false;
    try {
      const reply = replyOf(await handled(stream, "POST", "*/*", request));
      isAccepted = reply.status === 202;
      return reply;
    } finally {
      if (!isAccepted) stream.operations--;
    }
  }

  async function serve(request: Request, response: Response): Promise<void> {
    const principal = await principals.of(request);
    if (request.method === "PUT") return reserve(request, principal, response);
    const token = tokenOf(request);
    if (token === null) throw badInput("token", "PUT /graphql reserves a stream and returns its token.");
    const holder = holderOf(principal);
    const known = streams.get(token);
    if (known && known.holder !== holder) throw noSuchStream();
    // With no other server, there is nothing to wait for.
    const claim = (stream: Stream) => (relay && request.method !== "GET" ? stream.claim.soon() : stream.claim.now());
    const stream = known && (await stays(known, claim(known))) ? known : null;
    if (request.method === "GET") return open(stream ?? (await takeOver(token, request, principal)), response);
    const asked = requestOf(request);
    const reply = stream ? await answer(stream, asked) : await relay?.ask(token, holder, asked);
    if (!reply) throw noSuchStream();
    response.status(reply.status).set(reply.headers).end(reply.body);
  }

  return {
    middleware: (request, response, next) => (isOfProtocol(request) ? serve(request, response) : next()),
    close() {
      for (const stream of [...streams.values()]) stream.end();
    },
  };
}

/** Whether a request is one about a stream, and no usual one of HTTP. */
function isOfProtocol(request: Request): boolean {
  const { method } = request;
  if (method === "PUT" || method === "DELETE") return true;
  if (method === "GET") return request.get("Accept")?.toLowerCase().includes(EVENT_STREAM) ?? false;
  return method === "POST" && request.get(TOKEN) !== undefined;
}

/** The token of a request; the address has it where a client cannot send headers, such as EventSource. */
function tokenOf(request: Request): string | null {
  const { token } = request.query;
  return request.get(TOKEN) ?? (typeof token === "string" ? token : null);
}

/** Distinguishes principals, so that nobody uses the stream of another. */
function holderOf({ role, ownerId, visitorId, linkIds }: Principal): string {
  return JSON.stringify([role, ownerId, visitorId, linkIds]);
}

function noSuchStream(): AtelierError {
  return notFound("token", "There is no such stream.");
}

/** What graphql-sse reads of a request that adds an operation or ends one. */
function requestOf(request: Request): StreamRequest {
  const method = request.method === "DELETE" ? "DELETE" : "POST";
  return { method, url: request.originalUrl, contentType: request.get("Content-Type") ?? null, body: request.body };
}

function replyOf([body, { status, headers }]: HandlerResponse): StreamReply {
  return { status, headers: { ...headers }, body: typeof body === "string" ? body : null };
}

/** The result of an operation that does not run. graphql-sse knows a result by its `data`. */
function refused(...errors: readonly GraphQLError[]): ExecutionResult {
  return { data: null, errors };
}

async function endOf(events: unknown): Promise<void> {
  await (events as AsyncGenerator<string, void, undefined>).return(undefined);
}

function asGraphQLError(error: { message: string }): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message);
}
