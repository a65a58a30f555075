import { Packr } from "msgpackr";
import type { SessionEvent } from "../records/session.js";
import type { AccessEvent, ExportEvent, LiveMessage, ModelsEvent, SessionControl, StreamMessage, Topics } from "./bus.js";

/** Grows when older servers can no longer read what is sent. */
const FORMAT = 1;

/** What travels between processes. */
export interface Envelope {
  /** Id of the bus that sends it. */
  from: string;
  /** Number of the message, which `from` counts. */
  number: number;
  /** Null tells subscribers that messages of the topic were lost; undefined is one that this server does not know. */
  message: Topics[keyof Topics] | null | undefined;
}

/** The fields without which a message of each type is of no use, by the first part of its topic. */
const fieldsOf: Record<string, Record<string, readonly string[]>> = {
  session: {
    changed: ["session"],
    frame: ["frame", "picture"],
    deleted: ["sessionId"],
  } satisfies Record<SessionEvent["type"], readonly string[]>,
  sessions: {
    changed: ["session"],
    deleted: ["sessionId"],
  } satisfies Record<Topics["sessions"]["type"], readonly string[]>,
  control: {
    cancel: [],
    complete: [],
    pause: [],
    steer: [],
  } satisfies Record<SessionControl["type"], readonly string[]>,
  access: {
    revoked: ["linkId"],
    admitted: ["visitorId"],
    left: ["visitorId"],
  } satisfies Record<AccessEvent["type"], readonly string[]>,
  models: {
    changed: [],
  } satisfies Record<ModelsEvent["type"], readonly string[]>,
  live: {
    offer: ["step", "picture"],
    receipt: ["step", "status"],
    opening: ["step"],
    taken: ["step"],
    restarted: [],
    refused: ["step", "code"],
  } satisfies Record<LiveMessage["type"], readonly string[]>,
  export: {
    changed: ["record"],
  } satisfies Record<ExportEvent["type"], readonly string[]>,
  stream: {
    request: ["id", "holder", "request"],
    accepted: ["id"],
    opened: [],
    reply: ["id", "reply"],
  } satisfies Record<StreamMessage["type"], readonly string[]>,
};

// Copied pictures do not keep the whole buffer of the connection in memory.
const packr = new Packr({ useRecords: false, copyBuffers: true });

export function seal({ from, number, message }: Envelope): Buffer {
  return packr.pack([FORMAT, from, number, message]);
}

/** Null for bytes that no server of this version sends. */
export function open(topic: string, bytes: Buffer): Envelope | null {
  const content = unpacked(bytes);
  if (!Array.isArray(content)) return null;
  const [format, from, number, message] = content as unknown[];
  if (format !== FORMAT || typeof from !== "string" || typeof number !== "number") return null;
  return { from, number, message: message === null || isKnown(topic, message) ? message : undefined };
}

function unpacked(bytes: Buffer): unknown {
  try {
    return packr.unpack(bytes);
  } catch {
    // They are no MessagePack: whoever sent them is no server of this version.
    return null;
  }
}

function isKnown(topic: string, message: unknown): message is Topics[keyof Topics] {
  if (typeof message !== "object" || message === null || !("type" in message)) return false;
  const fields = fieldsOf[topic.split(":", 1)[0] ?? ""]?.[String(message.type)];
  return fields?.every((field) => field in message) ?? false;
}
