import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { apiLimits } from "../../server/api/limits.js";
import { pictureLimits } from "../../server/limits/pictures.js";
import { appOfFile } from "../helpers/app.js";

const running = appOfFile();

const GIGABYTE = 1e9;
const CHUNK = Buffer.alloc(1 << 20, "x");

function open(head: readonly string[]): { socket: Socket; closed: Promise<unknown>; answer: () => string } {
  const { port, hostname, host } = new URL(running.address);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.setEncoding("latin1").on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => undefined);
  const [first = "", ...rest] = head;
  socket.write(`${[first, `Host: ${host}`, ...rest].join("\r\n")}\r\n\r\n`);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  return { socket, closed, answer: () => text };
}

/** Sends one buffer again and again until the server cuts the connection, or a gigabyte has gone; returns the bytes sent. */
async function pour(socket: Socket, framed: (chunk: Buffer) => Buffer[]): Promise<number> {
  const parts = framed(CHUNK);
  let sent = 0;
  while (sent < GIGABYTE && !socket.destroyed) {
    for (const part of parts) {
      if (socket.write(part) || socket.destroyed) continue;
      await new Promise<void>((resolve) => {
        const go = () => {
          socket.off("drain", go).off("close", go);
          resolve();
        };
        socket.on("drain", go).on("close", go);
      });
    }
    sent += CHUNK.byteLength;
  }
  return sent;
}

const bodies = [
  ["POST /graphql", "application/json"],
  ["POST /access", "application/json"],
  ["POST /images", "image/png"],
  ["POST /images", "multipart/form-data; boundary=x"],
] as const;

test.each(bodies)("a body of a gigabyte is refused by its length: %s as %s", async (route, type) => {
  const { socket, answer } = open([`${route} HTTP/1.1`, `Content-Type: ${type}`, `Content-Length: ${GIGABYTE}`]);
  socket.write(CHUNK.subarray(0, 1000));
  await expect.poll(answer, { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 413 /);
  socket.destroy();
});

test.each(bodies)(
  "a body that goes on for a gigabyte is cut off, or not kept: %s as %s",
  async (route, type) => {
    const { socket, closed, answer } = open([`${route} HTTP/1.1`, `Content-Type: ${type}`, "Transfer-Encoding: chunked"]);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    // A chunk that never ends, so that nothing in between looks like the end of the body.
    socket.write("40000000\r\n");
    const sent = await pour(socket, (chunk) => [chunk]);
    clearInterval(watch);
    socket.destroy();
    await closed;
    expect(sent < GIGABYTE || answer().startsWith("HTTP/1.1 413 ")).toBe(true);
    expect(most).toBeLessThan(8 * pictureLimits.maxUploadBytes);
  },
  60_000,
);

test.each([
  ["states its length", 0x81, GIGABYTE],
  ["states more than a number holds", 0x81, 2 ** 60],
])("a WebSocket message of a gigabyte that %s closes the socket before its content is read", async (_how, first, length) => {
  const { socket, closed } = await upgraded();
  const head = Buffer.alloc(14);
  head.set([first, 0x80 | 127]);
  head.writeBigUInt64BE(BigInt(length), 2);
  socket.write(head);
  await closed;
});

test("a WebSocket message that comes in ever more parts is cut off", async () => {
  const { socket, closed } = await upgraded();
  let isFirst = true;
  const sent = await pour(socket, (chunk) => {
    const head = Buffer.alloc(14);
    head.set([isFirst ? 0x01 : 0x00, 0x80 | 127]);
    isFirst = false;
    head.writeBigUInt64BE(BigInt(chunk.byteLength), 2);
    const next = Buffer.from(head);
    next[0] = 0x00;
    return [next, chunk];
  });
  await closed;
  expect(sent).toBeLessThan(apiLimits.maxRefusableBytes + 64 * CHUNK.byteLength);
});

test("the server serves others afterwards", async () => {
  expect(await running.client.query("{ server { version } }")).toEqual({ server: { version: "1.2.3" } });
});

async function upgraded(): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const { socket, closed, answer } = open([
    ...["GET /graphql HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    ...[`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`, "Sec-WebSocket-Protocol: graphql-transport-ws"],
  ]);
  await expect.poll(answer, { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 101 /);
  return { socket, closed };
}
