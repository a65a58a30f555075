import { afterEach, expect, test } from "vitest";
import type WebSocket from "ws";
import { partiesOfFile } from "../helpers/parties.js";
import { until } from "../helpers/until.js";
import { closeAll, openSocket, openStream } from "./attempts.js";

const values = { strangerSockets: 2, ownSockets: 2, sockets: 8 };
const parties = partiesOfFile({ limits: values, trustedProxies: ["127.0.0.1"] });
const { running } = parties;

const sockets: WebSocket[] = [];
const streams: AbortController[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort();
  await closeAll(sockets);
});

const open = (path: string, headers: Record<string, string>) => openStream(streams, running.address + path, headers);
const openFrom = (path: string, address: string) => open(path, { "X-Forwarded-For": address });

/** Where a painting that goes on is shown; strangers see it too. */
async function painting(): Promise<string> {
  const { id } = await parties.paint(parties.owner.ownerId, "PUBLIC", { status: "RUNNING", finishedAt: null });
  return `/sessions/${id}/stream.mjpeg`;
}

test("strangers at all addresses together leave half of the places to people with a role", async () => {
  const path = await painting();
  for (const address of ["203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.2"]) expect(await openFrom(path, address)).toBeNull();
  expect(await openFrom(path, "203.0.113.3")).toMatchObject({ code: "LIMIT", limitName: "sockets", limit: values.sockets });
  expect(await open(path, parties.clients.VIEWER.client.credentials)).toBeNull();
});

test("strangers at one address watch only so many streams at a time", async () => {
  const path = await painting();
  const from = "203.0.113.10";
  // Places of the test before may still be on their way back.
  for (let count = 0; count < values.strangerSockets; count++) await until(async () => (await openFrom(path, from)) === null);
  const refusal = { code: "LIMIT", limitName: "strangerSockets", limit: values.strangerSockets };
  const isHelped = { retryAfter: expect.any(Number), retryAfterHeader: expect.any(Number) };
  expect(await openFrom(path, from)).toMatchObject({ ...refusal, ...isHelped });
  streams[0]?.abort();
  await until(async () => (await openFrom(path, from)) === null);
});

test("the streams and sockets of an owner count together, and those of others do not", async () => {
  const [{ client }, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const path = await painting();
  expect(await openSocket(sockets, client)).toBeNull();
  expect(await open("/live/out/stage.mjpeg", client.credentials)).toBeNull();
  for (const refused of [await open(path, client.credentials), await openSocket(sockets, client)])
    expect(refused).toMatchObject({ code: "LIMIT", limitName: "ownSockets", limit: values.ownSockets });
  expect(await open(path, other.client.credentials)).toBeNull();
});

test("each link to an output has places of its own, so that it takes none of its owner's", async () => {
  const { client } = await parties.someone("ARTIST");
  const pathOf = async () =>
    (await client.query('mutation { shareOutput(output: "stage", input: { name: "OBS" }) { path } }')).shareOutput.path;
  const [one, another] = [await pathOf(), await pathOf()];
  for (let count = 0; count < values.ownSockets; count++) expect(await openFrom(one, `203.0.113.2${count}`)).toBeNull();
  expect(await openFrom(one, "203.0.113.29")).toMatchObject({ code: "LIMIT", limitName: "ownSockets" });
  expect(await openFrom(another, "203.0.113.20")).toBeNull();
  expect(await open("/live/out/stage.mjpeg", client.credentials)).toBeNull();
});
