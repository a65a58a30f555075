import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { socketTransport } from "../../web/graphql/socket-transport";
import { until } from "../helpers/until";

/** A server that lets a test say what comes of a handshake. */
let server: Server;
let upgrade: (accept: () => void, refuse: () => void) => void;
/** What the server does with a message of a socket. */
let answer: (type: string, reply: (message: object) => void) => void;
const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "graphql-transport-ws" });

beforeAll(async () => {
  server = createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (request, socket, head) => {
    const accept = () =>
      sockets.handleUpgrade(request, socket, head, (accepted) => {
        accepted.on("message", (text) => {
          const { type } = JSON.parse(String(text)) as { type: string };
          answer(type, (message) => accepted.send(JSON.stringify(message)));
        });
      });
    upgrade(accept, () => void socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  });
  await once(server, "listening");
});
afterAll(async () => {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  server.close();
});

let received: string[];
beforeEach(() => {
  received = [];
  answer = (type, reply) => {
    received.push(type);
    if (type === "connection_init") reply({ type: "connection_ack" });
  };
  vi.stubGlobal(
    "WebSocket",
    class extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols);
        // Browsers fire no error that nobody listens to.
        this.on("error", () => undefined);
      }
    },
  );
  vi.stubGlobal("location", { protocol: "http:", host: `127.0.0.1:${(server.address() as AddressInfo).port}` });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"], shouldClearNativeTimers: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Follows something over a new transport; `lost` is set when the connection is, `refusals` counts those that count. */
function follow() {
  const followed = { lost: null as unknown, refusals: 0 };
  const transport = socketTransport(() => {
    followed.refusals++;
  });
  transport
    .iterate({ query: "subscription { sessions { id } }", variables: {} })
    .next()
    .catch((error: unknown) => {
      followed.lost = error;
    });
  return { followed, transport };
}

test("a socket that does not open in four seconds is given up as a refused one", async () => {
  const asked = new Promise<void>((resolve) => {
    upgrade = () => resolve();
  });
  const { followed, transport } = follow();
  await asked;
  await vi.advanceTimersByTimeAsync(3_999);
  expect(followed).toEqual({ lost: null, refusals: 0 });
  await vi.advanceTimersByTimeAsync(1);
  await until(() => followed.lost !== null);
  expect(followed.refusals).toBe(1);
  expect(transport.refusalOf(followed.lost)).toBeNull();
});

test("a socket that opens but is never acknowledged is given up too", async () => {
  upgrade = (accept) => accept();
  answer = (type) => void received.push(type);
  const { followed } = follow();
  await until(() => received.includes("connection_init"));
  await vi.advanceTimersByTimeAsync(4_000);
  await until(() => followed.lost !== null);
  expect(followed.refusals).toBe(1);
});

test("a socket that answers each ping stays open, and one that answers none is lost after five seconds", async () => {
  upgrade = (accept) => accept();
  const answersPings = vi.fn(() => true);
  answer = (type, reply) => {
    received.push(type);
    if (type === "connection_init") reply({ type: "connection_ack" });
    if (type === "ping" && answersPings()) reply({ type: "pong" });
  };
  const { followed, transport } = follow();
  await until(() => received.includes("subscribe"));
  const pings = () => received.filter((type) => type === "ping").length;
  for (let count = 1; count <= 4; count++) {
    if (count === 4) answersPings.mockReturnValue(false);
    // The next ping follows ten seconds after the pong, which has to arrive first.
    await until(() => {
      if (pings() < count) vi.advanceTimersByTime(1_000);
      return pings() >= count;
    });
    expect(transport.isConnected).toBe(true);
  }
  await vi.advanceTimersByTimeAsync(3_900);
  expect([followed.lost, transport.isConnected]).toEqual([null, true]);
  await vi.advanceTimersByTimeAsync(1_100);
  await until(() => followed.lost !== null);
  expect(transport.refusalOf(followed.lost)).toBeNull();
  // What worked once is only lost.
  expect(followed.refusals).toBe(0);
});

test("a refused handshake counts, and a server that closes for lack of access does not", async () => {
  upgrade = (_accept, refuse) => refuse();
  const refused = follow();
  await until(() => refused.followed.lost !== null);
  expect(refused.followed.refusals).toBe(1);
  upgrade = (accept) => accept();
  answer = () => {
    for (const socket of sockets.clients) socket.close(4403, "Forbidden");
  };
  const forbidden = follow();
  await until(() => forbidden.followed.lost !== null);
  expect(forbidden.followed.refusals).toBe(0);
});
