import type { IncomingMessage } from "node:http";
import { CloseCode, MessageType, type Server as Protocol, parseMessage } from "graphql-ws";
import type { WebSocket } from "ws";
import type { SocketPlace } from "../limits/socket-places.js";
import { logFields } from "../records/log-fields.js";
import type { ApiContext } from "./context.js";
import type { ReportError } from "./errors.js";
import { apiLimits } from "./limits.js";
import { SocketOutput } from "./socket-output.js";

/** Close code of RFC 6455 for a message that is too large. */
const TOO_LARGE = 1009;

/** What the hooks of the protocol know of a socket. */
export interface SocketExtra extends Record<PropertyKey, unknown> {
  output: SocketOutput;
  /** Whether the client can still receive. */
  isOpen: () => boolean;
  /** Ids of operations whose message was too large; they are refused. */
  oversized: Set<string>;
  /** The request by which the socket was opened. */
  request: IncomingMessage;
  place: SocketPlace;
  close(code: number, reason: string): void;
  /** Ends the connection without a handshake. */
  terminate(): void;
  /** What the socket's operations run with, once it is known who it belongs to. */
  context?: ApiContext;
  /** Call it when the socket has closed, or belongs to somebody else. */
  released?: () => void;
}

/**
 * Runs the protocol graphql-ws on an accepted socket; what is logged meanwhile names `requestId`. Its replies go through the socket's output, which stops reading
 * from a client that does not read. What a client does wrong ends its own operation or socket and is not logged.
 */
export function serveSocket(
  socket: WebSocket,
  { requestId, ...opened }: Pick<SocketExtra, "request" | "place"> & { requestId: string },
  protocol: Protocol<SocketExtra>,
  report: ReportError,
): void {
  const output = new SocketOutput(socket);
  const oversized = new Set<string>();
  // ws closes the socket itself. Its errors are broken frames and lost connections: faults of the client or the network.
  socket.on("error", () => undefined);
  const stopKeepAlive = keepAlive(socket);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => output.send(text),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (receive) =>
        socket.on("message", (data: Buffer) =>
          logFields.run({ requestId }, async () => {
            const text = data.byteLength > apiLimits.maxRequestBytes ? refusable(data, oversized) : data.toString();
            if (text === null) return socket.close(TOO_LARGE, "Message too large");
            try {
              await receive(text);
            } catch (error) {
              if (isServerMessage(text)) return socket.close(CloseCode.BadRequest, "Invalid message received");
              report(error);
              socket.close(CloseCode.InternalServerError, "Internal server error");
            }
          }),
        ),
    },
    {
      output,
      isOpen: () => socket.readyState === socket.OPEN,
      oversized,
      ...opened,
      close: (code, reason) => socket.close(code, reason),
      terminate: () => socket.terminate(),
    },
  );
  socket.once("close", (code, reason) => {
    stopKeepAlive();
    closed(code, String(reason)).catch(report);
  });
}

/**
 * The beginning of an operation whose message is too large: it is passed on without its content and then refused, so
 * that the other operations of the socket continue. Null for other messages.
 */
function refusable(data: Buffer, oversized: Set<string>): string | null {
  try {
    const message = parseMessage(data.toString());
    if (message.type !== MessageType.Subscribe) return null;
    oversized.add(message.id);
    return JSON.stringify({ id: message.id, type: MessageType.Subscribe, payload: { query: "" } });
  } catch {
    // Text that is no message of the protocol names no operation to refuse.
    return null;
  }
}

/** Whether a message is one that only servers send, at which graphql-ws throws. */
function isServerMessage(text: string): boolean {
  const { type } = parseMessage(text);
  return type === MessageType.ConnectionAck || type === MessageType.Next || type === MessageType.Error;
}

/** Ends the connection of a client that answers no ping. Returns how to stop. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, apiLimits.keepAliveMs);
  return () => clearInterval(timer);
}

/**
 * Bounds the memory for messages that arrive in parts: beyond `maxReceivingBytes` over all sockets, a socket whose message
 * is larger than a request may be is cut. Create one for a server, and call `watch` for each of its sockets.
 */
export class ReceivingBudget {
  private total = 0;

  watch(socket: WebSocket, connection: IncomingMessage["socket"]): void {
    let receiving = 0;
    let cut = false;
    const count = (byteLength: number) => {
      const before = receiving;
      receiving = Math.max(0, receiving + byteLength);
      this.total += receiving - before;
    };
    const control = (payload: Buffer) => count(-payload.byteLength - CONTROL_HEADER_BYTES);
    socket.on("message", () => count(-receiving));
    socket.on("ping", control).on("pong", control);
    socket.once("close", () => count(-receiving));
    // ws listens before, so that what is left belongs to a message whose end has not arrived.
    connection.on("data", (chunk: Buffer) => {
      if (cut || socket.readyState === socket.CLOSED) return;
      count(chunk.byteLength);
      if (this.total <= apiLimits.maxReceivingBytes || receiving <= apiLimits.maxRequestBytes) return;
      cut = true;
      count(-receiving);
      socket.terminate();
    });
  }
}

/** Header and mask of a client's ping or pong, bytes. */
const CONTROL_HEADER_BYTES = 6;
