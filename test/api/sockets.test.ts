import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { apiLimits } from "../../server/api/limits.js";
import { type RunningApp, startApp } from "../helpers/app.js";
import { until } from "../helpers/until.js";

const PROTOCOL = "graphql-transport-ws";
const consoleLines: unknown[][] = [];

let running: RunningApp;

beforeAll(async () => {
  running = await startApp();
  for (const method of ["error", "warn"] as const) vi.spyOn(console, method).mockImplementation((...line) => void consoleLines.push(line));
});

beforeEach(() => {
  consoleLines.length = 0;
});

afterAll(async () => {
  vi.restoreAllMocks();
  expect(running.faults).toEqual([]);
  await running.close();
});

interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

/** A client that sends any text, with the messages that it got and the code with which its socket was closed. */
async function openClient() {
  const socket = new WebSocket(`${running.address.replace("http", "ws")}/graphql`, PROTOCOL);
  const client = {
    socket,
    messages: [] as Message[],
    closed: null as number | null,
    send: (message: Message) => socket.send(JSON.stringify(message)),
    got: (id: string) => client.messages.filter((message) => message.id === id),
  };
  socket.on("message", (text) => client.messages.push(JSON.parse(String(text))));
  socket.on("close", (code) => {
    client.closed = code;
  });
  socket.on("error", () => undefined);
  await once(socket, "open");
  client.send({ type: "connection_init" });
  await until(() => client.messages.some(({ type }) => type === "connection_ack"));
  return client;
}

/** A TCP connection that has been upgraded to a WebSocket. */
async function openRaw(): Promise<Socket> {
  const { hostname, port, host } = new URL(running.address);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const head = ["GET /graphql HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  socket.write(
    `${[...head, `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`, `Sec-WebSocket-Protocol: ${PROTOCOL}`].join("\r\n")}\r\n\r\n`,
  );
  await once(socket, "data");
  return socket;
}

const opcodes = { text: 0x1, ping: 0x9 };

/** A WebSocket frame of a client, with a mask of zeros. */
function frameOf(content: string, opcode: number = opcodes.text): Buffer {
  const body = Buffer.from(content);
  const short = body.byteLength <= 125;
  const head = Buffer.alloc(short ? 6 : 14);
  head.set([0x80 | opcode, 0x80 | (short ? body.byteLength : 127)]);
  if (!short) head.writeUInt32BE(body.byteLength, 6);
  return Buffer.concat([head, body]);
}

/** Sends frames until the server takes no more or closes the connection; returns the bytes it took. */
async function flood(socket: Socket, frame: (count: number) => Buffer, most: number): Promise<number> {
  let taken = 0;
  for (let count = 0; taken < most && !socket.destroyed; count++) {
    const bytes = frame(count);
    if (!socket.write(bytes)) {
      const drained = once(socket, "drain", { signal: AbortSignal.timeout(1500) }).then(
        () => true,
        () => false,
      );
      if (!(await drained)) break;
    }
    taken += bytes.byteLength;
  }
  return taken;
}

const subscription = "subscription { sessions { id } }";

const filler = "y".repeat(300_000);

test.each<[string, (count: number) => Message]>([
  ["pings of the protocol", () => ({ type: "ping", payload: { filler } })],
  ["operations that are refused", (count) => ({ id: String(count), type: "subscribe", payload: { query: `{ ${filler} }` } })],
])("%s from a client that reads nothing take bounded memory", async (_what, message) => {
  const socket = await openRaw();
  socket.write(frameOf('{"type":"connection_init"}'));
  await once(socket, "data");
  socket.pause();
  const most = 40e6;
  expect(await flood(socket, (count) => frameOf(JSON.stringify(message(count))), most)).toBeLessThan(most);
  expect(await running.client.query("{ server { version } }")).toEqual({ server: { version: "1.2.3" } });
  socket.destroy();
});

test("a client that reads late gets an answer to each ping", async () => {
  const client = await openClient();
  client.socket.pause();
  for (let count = 0; count < 40; count++) client.send({ type: "ping", payload: { count, filler } });
  client.socket.resume();
  const pongs = () => client.messages.filter(({ type }) => type === "pong");
  await until(() => pongs().length === 40);
  expect(pongs().map(({ payload }) => (payload as { count: number }).count)).toEqual(Array.from({ length: 40 }, (_, count) => count));
  client.socket.close();
});

test.each([1.2, 20])("a message of %s MB fails its own operation and no other", async (megabytes) => {
  const client = await openClient();
  client.send({ id: "watch", type: "subscribe", payload: { query: subscription } });
  const variables = { id: "z".repeat(megabytes * 1e6) };
  client.send({ id: "large", type: "subscribe", payload: { query: "query ($id: ID!) { session(id: $id) { id } }", variables } });
  client.send({ id: "small", type: "subscribe", payload: { query: "{ server { version } }" } });
  await until(() => client.got("small").length === 2);
  const limit = apiLimits.maxRequestBytes;
  expect(client.got("large")).toEqual([
    {
      id: "large",
      type: "error",
      payload: [
        {
          message: `A request may have at most ${limit} bytes.`,
          extensions: { code: "LIMIT", limit, max: limit, unit: "bytes", limitName: "messageBytes" },
        },
      ],
    },
  ]);
  expect([client.got("watch"), client.closed]).toEqual([[], null]);
  client.socket.close();
});

test("unfinished large messages are cut off when together they take too much memory", async () => {
  const sockets = await Promise.all(Array.from({ length: 5 }, openRaw));
  const size = apiLimits.maxRefusableBytes - 1;
  const unfinished = frameOf("x".repeat(size)).subarray(0, -1);
  for (const socket of sockets) socket.write(unfinished);
  const open = () => sockets.filter(({ destroyed }) => !destroyed);
  await until(() => open().length * size <= apiLimits.maxReceivingBytes);
  expect(open().length).toBeGreaterThan(0);
  for (const socket of sockets) socket.destroy();
});

test.each([
  ["text that is not JSON", "hello", 4400],
  ["a message that only servers send", '{"id":"a","type":"next","payload":{}}', 4400],
  ["a large message that is no operation", JSON.stringify({ type: "ping", payload: { filler: "y".repeat(2e6) } }), 1009],
  ["a large message that is not JSON", "z".repeat(2e6), 1009],
])("%s closes the socket, and nothing is logged", async (_what, text, code) => {
  const client = await openClient();
  client.socket.send(text);
  await until(() => client.closed !== null);
  expect([client.closed, consoleLines]).toEqual([code, []]);
});

test("sockets that close in the middle of a message log nothing", async () => {
  const ping = frameOf(JSON.stringify({ type: "ping", payload: { filler: "y".repeat(200_000) } }));
  const operation = frameOf(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ server { version } }" } }));
  for (let count = 0; count < 10; count++) {
    const socket = await openRaw();
    socket.write(frameOf('{"type":"connection_init"}'));
    socket.pause();
    for (let pending = 0; pending < 5; pending++) socket.write(Buffer.concat([ping, operation]));
    await new Promise((written) => socket.write(ping.subarray(0, 1000), written));
    socket.resetAndDestroy();
  }
  const broken = await openRaw();
  broken.write(Buffer.from([0xff, 0xff, 0xff]));
  await once(broken, "close");
  expect(await running.client.query("{ server { version } }")).toEqual({ server: { version: "1.2.3" } });
  expect(consoleLines).toEqual([]);
});
