import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { execute, GraphQLError, type GraphQLSchema } from "graphql";
import { useServer as serveSockets } from "graphql-ws/use/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { type AtelierError, beyondLimit } from "../errors.js";
import type { ApiContext } from "./context.js";
import { DocumentCache } from "./document-cache.js";
import { formatError, limitError, type ReportError } from "./errors.js";
import { apiLimits } from "./limits.js";
import { operationContext } from "./operation.js";
import { subscribeEachEvent } from "./subscribe.js";

/** Interval at which unsent bytes are checked, ms: ws has no event for that. */
const DRAIN_CHECK_MS = 5;

/** How long clients have to answer the closing handshake, ms. */
const CLOSE_MS = 1000;

/** The error that refuses an upgrade to a WebSocket; null when it may proceed. */
export type UpgradeGuard = (request: IncomingMessage) => AtelierError | null;

/** GraphQL over WebSocket at `/graphql`, with the same limits as over HTTP. */
export function graphqlOverWebSocket(
  server: Server,
  schema: GraphQLSchema,
  context: ApiContext,
  guard: UpgradeGuard,
  report: ReportError,
): { close: () => Promise<void> } {
  const documents = new DocumentCache(schema);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: apiLimits.maxRequestBytes, perMessageDeflate: false });
  const protocol = serveSockets<Record<string, unknown>, { socket: WebSocket }>(
    {
      connectionInitWaitTimeout: apiLimits.connectionInitTimeoutMs,
      execute,
      subscribe: subscribeEachEvent,
      onSubscribe(connection, id, { query, variables, operationName }) {
        // This count includes the new subscription.
        const limit = apiLimits.maxSubscriptionsPerSocket;
        if (Object.keys(connection.subscriptions).length > limit) {
          return [limitError(`A socket may have at most ${limit} operations at a time.`, limit)];
        }
        try {
          const document = documents.get(query);
          if (!("kind" in document)) return document;
          const { socket } = connection.extra;
          const isGone = () => socket.readyState !== socket.OPEN || !(id in connection.subscriptions);
          return { schema, document, variableValues: variables, operationName, contextValue: operationContext(context, isGone) };
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      onError: (_connection, _id, _payload, errors) => errors.map((error) => formatError(error, report)),
      async onNext({ extra }, _id, _payload, _args, result) {
        await drained(extra.socket);
        return result.errors ? { ...result, errors: result.errors.map((error) => formatError(error, report)) } : undefined;
      },
    },
    sockets,
    apiLimits.keepAliveMs,
  );

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split("?")[0] !== "/graphql") {
      // Another listener may serve other paths. Without one, the socket would stay open for ever.
      if (server.listenerCount("upgrade") === 1) socket.destroy();
      return;
    }
    const refusal = guard(request) ?? (sockets.clients.size >= apiLimits.maxSockets ? tooManySockets() : null);
    if (refusal) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit("connection", accepted, request));
  };
  server.on("upgrade", upgrade);

  return {
    async close() {
      server.off("upgrade", upgrade);
      // Sockets that do not answer the closing handshake would delay the shutdown.
      const deadline = setTimeout(() => sockets.clients.forEach((socket) => void socket.terminate()), CLOSE_MS);
      await protocol.dispose();
      clearTimeout(deadline);
    },
  };
}

function tooManySockets(): AtelierError {
  return beyondLimit(`At most ${apiLimits.maxSockets} sockets may be open at a time.`, apiLimits.maxSockets);
}

/** Responds to a handshake with an HTTP error. */
function refuse(socket: Duplex, { code, message, detail }: AtelierError): void {
  const body = JSON.stringify({ code, message, field: detail.field ?? null, limit: detail.limit ?? null });
  const status = code === "FORBIDDEN" ? "403 Forbidden" : "429 Too Many Requests";
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.on("error", () => socket.destroy());
  socket.end(`${head}\r\n\r\n${body}`);
}

/** Resolves when the unsent bytes of a socket are few enough for another message, or when it closes. */
async function drained(socket: WebSocket): Promise<void> {
  while (socket.readyState === socket.OPEN && socket.bufferedAmount > apiLimits.maxBufferedBytes) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, DRAIN_CHECK_MS);
      function done() {
        clearTimeout(timer);
        socket.off("close", done);
        resolve();
      }
      socket.once("close", done);
    });
  }
}
