import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { aFrame } from "../contracts/records.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";
import { eventually } from "../helpers/eventually.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const FRAMES = 4000;
const picture = Buffer.alloc(100_000, 7);

let running: RunningApp;

beforeAll(async () => {
  running = await startApp();
});

afterAll(() => running.close());

/** A viewer with its own implementation of the protocol, so that it can stop reading. */
async function openViewer(id: string): Promise<{ socket: WebSocket; steps: number[] }> {
  const socket = new WebSocket(`${running.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  const steps: number[] = [];
  socket.on("message", (message) => {
    const { type, payload } = JSON.parse(String(message));
    if (type === "connection_ack") {
      const query = "subscription ($id: ID!) { session(id: $id, inline: true) { ... on Frame { step data } } }";
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables: { id } } }));
    }
    if (type === "next" && payload.data.session.step !== undefined) steps.push(payload.data.session.step);
  });
  socket.send(JSON.stringify({ type: "connection_init" }));
  await eventually(() => expect(running.app.broker.viewersOf(id)).toBe(1));
  return { socket, steps };
}

test("a viewer that stops reading takes no memory, disturbs no other client, and gets the newest frame when it reads again", async () => {
  const id = await startSession(running);
  await running.host.claim();
  const { socket, steps } = await openViewer(id);
  collectGarbage();
  const before = process.memoryUsage();
  let most = 0;
  socket.pause();
  for (let step = 0; step < FRAMES; step++) {
    await running.bus.publish(`session:${id}`, { type: "frame", frame: aFrame(id, step), picture });
    await turn();
    if (step % 500 === 499) {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      most = Math.max(most, heapUsed + external - before.heapUsed - before.external);
    }
  }
  // A queue of all frames as text would take 530 MB.
  expect(most).toBeLessThan(60_000_000);
  expect(await running.client.query("{ server { version } }")).toEqual({ server: { version: "1.2.3" } });
  socket.resume();
  await eventually(() => expect(steps.at(-1)).toBe(FRAMES - 1));
  expect(steps.length).toBeLessThan(FRAMES / 4);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  socket.terminate();
  await eventually(() => expect(running.app.broker.viewerCount).toBe(0));
  expect(running.faults).toEqual([]);
});
