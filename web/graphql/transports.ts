import { ConnectionError } from "./execute";
import { serverAnswers } from "./server-answers";
import { socketTransport } from "./socket-transport";
import type { Transport } from "./transport";

/** Where the browser keeps for a tab that its network blocks WebSockets. */
const STORED = "atelier-transport";
const EVENTS = "events";

/** How often in a row a socket is refused before the page uses events. */
const MOST_REFUSALS = 2;

let socket: Transport | null = null;
let events: Promise<Transport> | null = null;
let usesEvents: boolean | null = null;
let refusals = 0;
/** Resolves when it is known what the last refusal means. */
let judged: Promise<void> = Promise.resolve();

/**
 * The page's transport: a WebSocket, or events where the server answers and sockets cannot be opened.
 * @throws ConnectionError when the code for events cannot be loaded.
 */
export async function sharedTransport(): Promise<Transport> {
  await judged;
  usesEvents ??= readChoice();
  if (usesEvents) return sharedEvents();
  socket ??= openSocket();
  return socket;
}

function openSocket(): Transport {
  const opened = socketTransport(() => {
    judged = judge();
  });
  opened.onConnected(() => {
    // A socket that worked once is only lost, whatever happens to it.
    refusals = Number.NEGATIVE_INFINITY;
  });
  return opened;
}

/** Counts a refused socket, unless the server is away. */
async function judge(): Promise<void> {
  refusals = (await serverAnswers()) ? refusals + 1 : Math.min(refusals, 0);
  if (refusals < MOST_REFUSALS) return;
  usesEvents = true;
  try {
    sessionStorage.setItem(STORED, EVENTS);
  } catch {
    // The browser keeps nothing for this page: the next one finds out again.
  }
}

/** Loads the code for events, which few pages need. */
async function sharedEvents(): Promise<Transport> {
  events ??= import("./event-transport").then(({ eventTransport }) => eventTransport());
  try {
    return await events;
  } catch (cause) {
    events = null;
    throw new ConnectionError({ cause });
  }
}

function readChoice(): boolean {
  try {
    return sessionStorage.getItem(STORED) === EVENTS;
  } catch {
    // The browser keeps nothing for this page.
    return false;
  }
}
