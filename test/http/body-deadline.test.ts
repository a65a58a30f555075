import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyDeadline } from "../../server/http/body-deadline.js";

const DEADLINE_MS = 150;
const app = express();
app.use(bodyDeadline(({ path }) => path === "/uploads", DEADLINE_MS));
app.post("/refused", (_request, response) => void response.status(400).end());
app.post("/uploads", (request, response) => {
  if (request.query.refuse) response.status(400).end();
  else request.resume().once("end", () => response.end("received"));
});
app.get("/streams", (_request, response) => void response.write("first "));
app.use(express.json());
app.use((request, response) => void response.json(request.body ?? null));
const server = createServer({ requestTimeout: 0 }, app);

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => void server.close());

/** Begins a POST whose body stays incomplete. */
function begin(path: string): { socket: Socket; answer: () => string } {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.on("error", () => undefined);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntr`);
  return { socket, answer: () => text };
}

/** Until another request that begins now is cut. */
const oneDeadline = () => once(begin("/anything").socket, "close");

test.each(["/anything", "/refused", "/uploads?refuse=1"])("a body that does not arrive in time ends its connection: %s", async (path) => {
  const { socket } = begin(path);
  await once(socket, "close");
});

test("an upload has all the time that its rate allows", async () => {
  const { socket, answer } = begin("/uploads");
  await oneDeadline();
  socket.write("ue");
  await expect.poll(answer).toContain("received");
  socket.destroy();
});

test("an answer may take longer than the deadline", async () => {
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/streams`);
  const reader = answer.body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe("first ");
  const more = reader.read().then(
    () => "more",
    () => "cut",
  );
  expect(await Promise.race([more, oneDeadline().then(oneDeadline)])).not.toBe("cut");
  await reader.cancel();
});

test("a request whose body has arrived may be answered later, and its connection be used again", async () => {
  const { socket, answer } = begin("/anything");
  socket.write("ue");
  await expect.poll(answer).toContain("true");
  await oneDeadline();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await expect.poll(answer).toContain("null");
  socket.destroy();
});
