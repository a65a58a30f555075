import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newSecret } from "../../server/access/secrets.js";
import type { Someone } from "../helpers/parties.js";
import { partiesOfFile } from "../helpers/parties.js";

const parties = partiesOfFile();

/** Addresses that name something, for an id of a session and one of a picture. */
const addresses: Record<string, (session: string, image: string) => string> = {
  "a picture": (_session, image) => `/images/${image}`,
  "a thumbnail": (_session, image) => `/images/${image}?w=64`,
  "a frame": (session) => `/frames/${session}/0`,
  "a thumbnail of a frame": (session) => `/frames/${session}/0?w=64`,
  "an exported picture": (session) => `/sessions/${session}/export.png`,
  "a trace": (session) => `/sessions/${session}/trace.json`,
  "a stream": (session) => `/sessions/${session}/stream.mjpeg`,
};

/** All that a client can see of an answer, without the time and the id of its request. */
async function answerTo({ client }: Someone, path: string) {
  const response = await fetch(client.address + path, { headers: client.credentials });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "date" && name !== "x-request-id"));
  return { status: response.status, headers, body: await response.text() };
}

describe.each(["STRANGER", "VIEWER", "ARTIST"] as const)("for a party that is %s", (party) => {
  test.each(Object.entries(addresses))("%s of somebody else looks like one that does not exist", async (_what, addressOf) => {
    const who = parties.clients[party];
    const session = await parties.paint(parties.owner.ownerId);
    const foreign = await answerTo(who, addressOf(session.id, session.contentId));
    const missing = await answerTo(who, addressOf(randomUUID(), randomUUID()));
    expect(foreign).toEqual(missing);
    expect(foreign.status).toBe(party === "STRANGER" ? 401 : 404);
    // The same address opens for whoever may see it, so that the answers above are about access.
    const own = await fetch(who.client.address + addressOf(session.id, session.contentId), { headers: parties.owner.client.credentials });
    await own.body?.cancel();
    expect(own.status).toBe(200);
  });

  test("operations on a session of somebody else get the answer for one that does not exist", async () => {
    const { client } = parties.clients[party];
    const { id } = await parties.paint(parties.owner.ownerId);
    for (const query of [
      "query ($id: ID!) { session(id: $id) { id } }",
      "query ($id: ID!) { frame(sessionId: $id, step: 0) { url } }",
      "mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 1 }) { id } }",
      "mutation ($id: ID!) { deleteSession(sessionId: $id) }",
    ]) {
      expect(await client.send(query, { id }), query).toEqual(await client.send(query, { id: randomUUID() }));
    }
  });
});

test("a film of somebody else looks like one that does not exist", async () => {
  const { owner, clients, paint } = parties;
  const session = await paint(owner.ownerId);
  const { startExport } = await owner.client.query(
    "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, size: 64, maxFrames: 2 }) { id } }",
    session as unknown as Record<string, unknown>,
  );
  await owner.client.collect("subscription ($id: ID!) { exportChanged(id: $id) { state } }", startExport);
  expect((await fetch(`${owner.client.address}/exports/${startExport.id}`, { headers: owner.client.credentials })).status).toBe(200);
  for (const who of [clients.STRANGER, clients.ARTIST]) {
    expect(await answerTo(who, `/exports/${startExport.id}`)).toEqual(await answerTo(who, `/exports/${randomUUID()}`));
  }
});

test("an output with another secret looks like one that nobody has", async () => {
  const { links } = parties.running.app;
  const target = { kind: "OUTPUT", output: "hall" } as const;
  await links.create({ name: "OBS", ownerId: parties.owner.ownerId, expiresAt: null }, target);
  const guess = (name: string) => answerTo(parties.clients.STRANGER, `/live/out/${name}.mjpeg?key=${newSecret()}`);
  expect(await guess("hall")).toEqual(await guess("nowhere"));
});

test("ids of sessions, pictures, films and links are random, and secrets have 192 random bits", async () => {
  const { owner, running, paint } = parties;
  const random = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const { id: sessionId } = await paint(owner.ownerId);
  const start = "mutation ($id: ID!) { startStyleTransfer(input: { contentId: $id, styles: [{ imageId: $id }] }) { id } }";
  const { startStyleTransfer } = await running.client.query(start, { id: running.imageId });
  const { startExport } = await owner.client.query(
    "mutation ($sessionId: ID!) { startExport(input: { sessionId: $sessionId, format: GIF, size: 64, maxFrames: 2 }) { id } }",
    { sessionId },
  );
  const made = await running.app.links.create({ name: "x", ownerId: "x", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  for (const id of [running.imageId, startStyleTransfer.id, startExport.id, made.link.id]) expect(id).toMatch(random);
  expect(Buffer.from(made.secret, "base64url").byteLength * 8).toBe(192);
});
