import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { execute, GraphQLError, type GraphQLSchema, subscribe } from "graphql";
import { useServer as serveSockets } from "graphql-ws/use/ws";
import { type WebSocket, WebSocketServer } from "ws";
import { AtelierError } from "../errors.js";
import type { ApiContext } from "./context.js";
import { type ErrorLog, formatError, limitError } from "./errors.js";
import { KnownOperations } from "./known-operations.js";
import { apiLimits } from "./limits.js";

/** Why a socket may not be opened; null when it may. */
export type UpgradeGuard = (request: IncomingMessage) => AtelierError | null;

/** GraphQL over WebSocket at `/graphql`; the limits are those of HTTP, which Apollo's rules do not bring here. */
export function graphqlOverWebSocket(
  server: Server,
  schema: GraphQLSchema,
  context: ApiContext,
  guard: UpgradeGuard,
  log: ErrorLog,
): { close: () => Promise<void> } {
  const operations = new KnownOperations(schema);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: apiLimits.maxRequestBytes, perMessageDeflate: false });
  const protocol = serveSockets<Record<string, unknown>, { socket: WebSocket }>(
    {
      connectionInitWaitTimeout: apiLimits.connectionInitTimeoutMs,
      execute,
      subscribe,
      onSubscribe(connection, _id, { query, variables, operationName }) {
        // The new subscription is counted already.
        const limit = apiLimits.maxSubscriptionsPerSocket;
        if (Object.keys(connection.subscriptions).length > limit) {
          return [limitError(`A socket may have at most ${limit} operations at a time.`, limit)];
        }
        try {
          const checked = operations.check(query);
          if (!("kind" in checked)) return checked;
          return { schema, document: checked, variableValues: variables, operationName, contextValue: context };
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      onError: (_connection, _id, _payload, errors) => errors.map((error) => formatError(error, log)),
      async onNext({ extra }, _id, _payload, _args, result) {
        await drained(extra.socket);
        return result.errors ? { ...result, errors: result.errors.map((error) => formatError(error, log)) } : undefined;
      },
    },
    sockets,
    apiLimits.keepAliveMs,
  );

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split("?")[0] !== "/graphql") {
      // Other paths may belong to somebody else who listens; if nobody does, the socket would stay open for ever.
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
      // Sockets that do not answer the closing handshake would hold up the end.
      const impatient = setTimeout(() => sockets.clients.forEach((socket) => void socket.terminate()), 1000);
      await protocol.dispose();
      clearTimeout(impatient);
    },
  };
}

function tooManySockets(): AtelierError {
  return new AtelierError("LIMIT", "Too many sockets are open.", { limit: apiLimits.maxSockets });
}

/** Answers a handshake with an HTTP error. */
function refuse(socket: Duplex, { code, message, detail }: AtelierError): void {
  const body = JSON.stringify({ code, message, field: detail.field ?? null, limit: detail.limit ?? null });
  const status = code === "FORBIDDEN" ? "403 Forbidden" : "429 Too Many Requests";
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.on("error", () => socket.destroy());
  socket.end(`${head}\r\n\r\n${body}`);
}

/** Resolves when little enough waits to be sent that another message may follow, or when the socket closes. */
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

/** ws tells only how much is buffered, not when that changes. */
const DRAIN_CHECK_MS = 5;
