import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from "graphql";
import { CloseCode, handleProtocols, makeServer, type SubscribePayload } from "graphql-ws";
import { WebSocketServer } from "ws";
import type { OpenConnections } from "../access/open-connections.js";
import { unauthenticated } from "../access/permissions.js";
import { type Principal, stranger } from "../access/principal.js";
import type { RequestPrincipals } from "../access/requests.js";
import { AtelierError, type ErrorCode, errorBody } from "../errors.js";
import { type Allowances, FREE_PLACE_S } from "../limits/allowances.js";
import type { SocketPlace, SocketPlaces } from "../limits/socket-places.js";
import type { AccessMode } from "../records/access.js";
import { REQUEST_ID } from "../records/log-fields.js";
import type { ContextOf } from "./context.js";
import { DocumentCache } from "./document-cache.js";
import { formatError, type ReportError, requestTooLarge } from "./errors.js";
import { ReceivingBudget, type SocketExtra, serveSocket } from "./graphql-socket.js";
import { schemaRefusal, withoutSuggestions } from "./introspection.js";
import { limitedExecute } from "./limited-execute.js";
import { apiLimits } from "./limits.js";
import { operationContext } from "./operation.js";
import { costReport } from "./query-limits.js";
import { SocketCredential } from "./renewal.js";
import { SharedResults } from "./shared-results.js";
import { subscribeEachEvent } from "./subscribe.js";

/** How long clients have to answer the closing handshake, ms. */
const CLOSE_MS = 1000;

/** Close code of RFC 6455 for a server that stops. */
const GOING_AWAY = 1001;

/** Close code, of those for applications, for a socket whose owner has too many. */
const TOO_MANY = 4429;

/** Who may use the sockets. */
export interface SocketAccess {
  mode: AccessMode;
  contextOf: ContextOf;
  principals: RequestPrincipals;
  connections: OpenConnections;
  allowances: Allowances;
  places: SocketPlaces;
  /** The id of a request, which the log names. */
  requestIdOf(request: IncomingMessage): string;
  /** Address of a client, also of one behind trusted proxies; null when its connection is gone. */
  addressOf(request: IncomingMessage): string | null;
  /** Whether those who may use the API may read its schema. */
  introspection: boolean;
}

export interface UpgradeGuard {
  /** The error that refuses an upgrade to a WebSocket; null when it may proceed. */
  refusal(request: IncomingMessage): AtelierError | null;
}

/** GraphQL over WebSocket at `/graphql`, with the same limits as over HTTP. */
export function graphqlOverWebSocket(
  server: Server,
  schema: GraphQLSchema,
  { mode, contextOf, principals, connections, allowances, places, requestIdOf, addressOf, introspection }: SocketAccess,
  guard: UpgradeGuard,
  report: ReportError,
): { close: () => Promise<void> } {
  const documents = new DocumentCache(schema);
  const execute = limitedExecute(allowances);
  // The types of ws lack it. By default, a socket that does not answer its end would keep its place for half a minute.
  const closing = { closeTimeout: CLOSE_MS };
  const sockets = new WebSocketServer({
    ...closing,
    noServer: true,
    maxPayload: apiLimits.maxRefusableBytes,
    perMessageDeflate: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });
  const requestIds = new WeakMap<IncomingMessage, string>();
  sockets.on("headers", (headers, request) => headers.push(`${REQUEST_ID}: ${requestIds.get(request)}`));
  const receiving = new ReceivingBudget();
  const results = new SharedResults();
  const protocol = makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: apiLimits.connectionInitTimeoutMs,
    async onConnect({ connectionParams, extra }) {
      // A client may wait since its upgrade, after which its access has ended.
      principals.forget(extra.request);
      const principal = await admitted(connectionParams, extra.request, principals).catch((error: unknown) => {
        if (!(error instanceof AtelierError && error.code === "LIMIT")) throw error;
        extra.close(TOO_MANY, "Too many secrets");
        return null;
      });
      // graphql-ws closes the socket with 4403 (Forbidden).
      if (principal === null) return false;
      const admit = (admitted: Principal) => {
        // One that closed meanwhile would never be released.
        if (!extra.isOpen()) return;
        extra.place.become(admitted);
        extra.released?.();
        extra.context = { ...contextOf(admitted, addressOf(extra.request)), renewal };
        extra.released = connections.add(admitted, () => {
          // A client that does not answer the closing handshake could go on sending.
          delete extra.context;
          extra.close(CloseCode.Forbidden, "Forbidden");
          setTimeout(() => extra.terminate(), CLOSE_MS).unref();
        });
      };
      const current = () => extra.context ?? null;
      const principalOf = (secret: string) => principals.ofBearer(secret, extra.request);
      const renewal = mode === "NONE" ? null : new SocketCredential({ principalOf, admit, current });
      try {
        admit(principal);
        await extra.place.confirm();
      } catch (error) {
        if (!(error instanceof AtelierError)) throw error;
        extra.close(TOO_MANY, "Too many sockets");
        return false;
      }
      return true;
    },
    onDisconnect({ extra }) {
      delete extra.context;
      extra.released?.();
    },
    async execute(args) {
      const cost = documents.costOf(args.document);
      return { ...(await execute(args)), ...(cost === null ? {} : { extensions: costReport(cost) }) };
    },
    subscribe: (args) => subscribeEachEvent(args, results),
    onSubscribe({ subscriptions, extra }, id, payload) {
      if (extra.oversized.delete(id)) return [requestTooLarge()];
      // This count includes the new subscription.
      if (Object.keys(subscriptions).length > apiLimits.maxSubscriptionsPerSocket) {
        return [asError(allowances.refusal("subscriptionsPerSocket", FREE_PLACE_S))];
      }
      const begin = () => prepared(payload, extra, () => !extra.isOpen() || !(id in subscriptions));
      const party = extra.context?.principal;
      if (party?.role !== null) return begin();
      return allowances.spend("strangerOperationsPerMinute", party, extra.place.address).then(begin, asErrors);
    },
    onError: ({ extra }, _id, _payload, errors) => shown(errors, extra),
    async onNext({ extra }, _id, _payload, _args, result) {
      await extra.output.space();
      const text = results.textOf(result);
      if (text !== null) return extra.output.written(text);
      return result.errors ? { ...result, errors: shown(result.errors, extra) } : undefined;
    },
  });

  function shown(errors: readonly GraphQLError[], { context }: SocketExtra): GraphQLFormattedError[] {
    const formatted = errors.map((error) => formatError(error, schema, report));
    return withoutSuggestions(formatted, context?.principal.role ?? null, introspection);
  }

  /** What runs an operation; the errors that refuse it. */
  function prepared(
    { query, variables, operationName }: SubscribePayload,
    { context }: SocketExtra,
    isGone: () => boolean,
  ): ExecutionArgs | readonly GraphQLError[] {
    try {
      const document = documents.get(query);
      if (!("kind" in document)) return document;
      if (!context) throw unauthenticated();
      const refusal = schemaRefusal(document, context.principal.role, introspection);
      if (refusal) throw refusal;
      return { schema, document, variableValues: variables, operationName, contextValue: operationContext(context, isGone) };
    } catch (error) {
      return asErrors(error);
    }
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split("?")[0] !== "/graphql") {
      // Another listener may serve other paths. Without one, the socket would stay open for ever.
      if (server.listenerCount("upgrade") === 1) socket.destroy();
      return;
    }
    const refusal = guard.refusal(request);
    if (refusal) return refuse(socket, refusal);
    const lost = () => socket.destroy();
    socket.on("error", lost);
    placeOf(request).then(
      (place) => {
        if (socket.destroyed) return place.release();
        socket.off("error", lost).once("close", place.release);
        const requestId = requestIdOf(request);
        requestIds.set(request, requestId);
        sockets.handleUpgrade(request, socket, head, (accepted) => {
          receiving.watch(accepted, request.socket);
          serveSocket(accepted, { request, place, requestId }, protocol, report);
        });
      },
      (error: unknown) => {
        if (error instanceof AtelierError) return refuse(socket, error);
        report(error);
        socket.destroy();
      },
    );
  };

  /** @throws AtelierError LIMIT */
  async function placeOf(request: IncomingMessage): Promise<SocketPlace> {
    // Who has no cookie may still send a secret over the socket.
    const party = (await admitted(undefined, request, principals)) ?? stranger;
    const address = addressOf(request) ?? "";
    await allowances.spend("strangerUpgradesPerMinute", party, address);
    const place = places.take(party, address);
    await place.confirm();
    return place;
  }

  server.on("upgrade", upgrade);

  return {
    async close() {
      server.off("upgrade", upgrade);
      // Sockets that do not answer the closing handshake would delay the shutdown.
      const deadline = setTimeout(() => sockets.clients.forEach((socket) => void socket.terminate()), CLOSE_MS);
      for (const socket of sockets.clients) socket.close(GOING_AWAY, "Going away");
      await new Promise((resolve) => sockets.close(resolve));
      clearTimeout(deadline);
    },
  };
}

/** Who a socket belongs to; null for credentials that open nothing. */
async function admitted(
  params: Readonly<Record<string, unknown>> | undefined,
  request: IncomingMessage,
  principals: RequestPrincipals,
): Promise<Principal | null> {
  try {
    // Browsers always send an Origin with a WebSocket, which the guard has checked. A cookie without one comes from no page.
    if (typeof params?.token === "string") return await principals.ofBearer(params.token, request);
    return await principals.of(request, request.headers.origin !== undefined);
  } catch (error) {
    if (error instanceof AtelierError && error.code === "UNAUTHENTICATED") return null;
    throw error;
  }
}

/** What refuses an operation, for the client. @throws what is a fault of the server */
function asErrors(error: unknown): GraphQLError[] {
  if (error instanceof GraphQLError) return [error];
  if (error instanceof AtelierError) return [asError(error)];
  throw error;
}

function asError(error: AtelierError): GraphQLError {
  return new GraphQLError(error.message, { originalError: error });
}

const refusalStatus: Partial<Record<ErrorCode, string>> = { BAD_INPUT: "400 Bad Request", FORBIDDEN: "403 Forbidden" };

/** Responds to a handshake with an HTTP error. */
function refuse(socket: Duplex, error: AtelierError): void {
  const body = JSON.stringify(errorBody(error));
  const status = refusalStatus[error.code] ?? "429 Too Many Requests";
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  const retry = error.detail.retryAfter === undefined ? "" : `\r\nRetry-After: ${error.detail.retryAfter}`;
  socket.on("error", () => socket.destroy());
  socket.end(`${head}${retry}\r\n\r\n${body}`);
}
