import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import express from "express";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorHandler } from "../../server/http/errors.js";
import { receiveUpload } from "../../server/http/upload-body.js";
import { listen } from "./server.js";

/** The only upload at the time. */
const freely = { paused: false, hold: () => undefined };

let port: number;
let close: () => Promise<void>;
const refusals: unknown[] = [];
beforeAll(async () => {
  const app = express();
  app.post("/", async (request, response) => {
    try {
      response.json({ received: (await receiveUpload(request, 1000, freely, { byteLength: 100, intervalMs: 50 })).byteLength });
    } catch (error) {
      refusals.push(error);
      response.set("Connection", "close");
      throw error;
    }
  });
  app.use(errorHandler(() => undefined));
  ({ port, close } = await listen(app));
});
afterAll(() => close());

async function begin(length: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\nfirst bytes`);
  return socket;
}

it("does not wait for ever for a client that stalls", async () => {
  const socket = await begin(500);
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  expect(String(answer)).toContain('"code":"BAD_INPUT"');
  socket.destroy();
});

it("does not wait for a client that sends only a byte now and then", async () => {
  const socket = await begin(500);
  const drip = setInterval(() => socket.write("x"), 10);
  const [answer] = await once(socket, "data");
  clearInterval(drip);
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  expect(String(answer)).toContain('"limit":2000');
  expect(String(answer)).toContain("at least 2000 bytes a second");
  socket.destroy();
});

it("notices a client that leaves", async () => {
  refusals.length = 0;
  const socket = await begin(500);
  socket.destroy();
  await expect.poll(() => refusals).toEqual([expect.objectContaining({ status: 400, code: "BAD_INPUT" })]);
});

it("does not wait for a client that left before its turn", async () => {
  const stream = Object.assign(new Readable({ read: () => undefined }), { headers: {} });
  stream.destroy();
  await once(stream, "close");
  await expect(receiveUpload(stream as unknown as IncomingMessage, 1000, freely)).rejects.toMatchObject({
    status: 400,
    code: "BAD_INPUT",
  });
});

it("reads nothing of a body whose stated length is far too large", async () => {
  const socket = await begin(1_000_000_000_000);
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  expect(String(answer)).toContain('"limit":1000');
  socket.destroy();
});
