import { randomUUID } from "node:crypto";
import type { Bus, StreamMessage } from "../bus/bus.js";
import { AtelierError, errorBody } from "../errors.js";
import { isId } from "../records/id.js";
import type { StreamReply, StreamRequest } from "../records/stream.js";

/** How long the server with the stream may take to accept a request, ms. */
const ACCEPTED_WITHIN_MS = 4000;
/** How long it may then take to answer, ms: a mutation is answered when it has run. */
const ANSWERED_WITHIN_MS = 60_000;

export interface StreamRelayParts {
  bus: Bus;
  /** Receives what a server fails with while it answers. */
  report(error: unknown): void;
  /** How long another server may take to accept a request, ms; four seconds by default. */
  acceptedWithinMs?: number;
}

/** A stream as the server that has it serves requests of others. */
export interface RelayedStream {
  /** Whether this server has the stream, and it is this holder's. */
  accepts(holder: string): Promise<boolean>;
  answer(request: StreamRequest): Promise<StreamReply>;
  /** Another server has opened the stream. */
  leave(): void;
}

type Relayed = Extract<StreamMessage, { type: "request" }>;

/** Passes requests about a stream of events on to the server that has it, over the bus. */
export class StreamRelay {
  constructor(private readonly parts: StreamRelayParts) {}

  /** Answers requests about a stream that reach other servers. Returns the function that stops this. */
  listen(token: string, stream: RelayedStream): Promise<() => Promise<void>> {
    return this.parts.bus.subscribe(topicOf(token), (message) => {
      if (message.type === "opened") stream.leave();
      if (message.type === "request") void this.answer(token, message, stream);
    });
  }

  /** Tells the server that reserved a stream that this one opens it; before it listens itself. */
  announce(token: string): Promise<void> {
    return this.parts.bus.publish(topicOf(token), { type: "opened" });
  }

  /**
   * Asks the server that has a stream. Null when no server accepts the request in time, and when its answer may have been
   * lost on the way.
   */
  async ask(token: string, holder: string, request: StreamRequest): Promise<StreamReply | null> {
    // The token is the client's, and becomes the name of a topic.
    if (!isId(token)) return null;
    const { bus, acceptedWithinMs = ACCEPTED_WITHIN_MS } = this.parts;
    const id = randomUUID();
    let settle: (reply: StreamReply | null) => void = () => undefined;
    const answered = new Promise<StreamReply | null>((resolve) => {
      settle = resolve;
    });
    const waiting = (ms: number) => setTimeout(() => settle(null), ms);
    let deadline = waiting(acceptedWithinMs);
    const unsubscribe = await bus.subscribe(
      topicOf(token),
      (message) => {
        if (message.type === "opened" || message.id !== id) return;
        if (message.type === "reply") settle(message.reply);
        if (message.type !== "accepted") return;
        clearTimeout(deadline);
        deadline = waiting(ANSWERED_WITHIN_MS);
      },
      () => settle(null),
    );
    try {
      await bus.publish(topicOf(token), { type: "request", id, holder, request });
      return await answered;
    } finally {
      clearTimeout(deadline);
      await unsubscribe();
    }
  }

  private async answer(token: string, { id, holder, request }: Relayed, stream: RelayedStream): Promise<void> {
    const { bus, report } = this.parts;
    try {
      if (!(await stream.accepts(holder))) return;
      const answering = stream.answer(request).catch((error: unknown) => {
        report(error);
        return failed;
      });
      await bus.publish(topicOf(token), { type: "accepted", id });
      await bus.publish(topicOf(token), { type: "reply", id, reply: await answering });
    } catch (error) {
      report(error);
    }
  }
}

/** What a client gets for a fault of the server that has its stream. */
const failed: StreamReply = {
  status: 500,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: JSON.stringify(errorBody(new AtelierError("INTERNAL", "The server failed."))),
};

function topicOf(token: string): `stream:${string}` {
  return `stream:${token}`;
}
