import { expect, test, vi } from "vitest";
import { anImage } from "../contracts/records.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { until } from "../helpers/until.js";
import { operate, type Refusal } from "./attempts.js";

const values = { keptFilms: 2, ownBytes: 1_000_000 };
const parties = partiesOfFile({ limits: values });

const FILM = "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, size: 32 }) { id } }";
const FIND = "query ($id: ID!) { export(id: $id) { state bytes } }";

const find = async ({ client }: Someone, id: string): Promise<{ state: string; bytes: number } | null> =>
  (await client.query(FIND, { id })).export;

/** Has a film made; returns its id. */
async function finished(who: Someone, sessionId: string): Promise<string> {
  const { id } = (await who.client.query(FILM, { id: sessionId })).startExport;
  await until(async () => (await find(who, id))?.state === "COMPLETED");
  return id;
}

test("a finished film replaces the oldest of its owner's beyond the limit, and none of others'", async () => {
  const [one, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const [painting, foreign] = [await parties.paint(one.ownerId), await parties.paint(other.ownerId)];
  const others = await finished(other, foreign.id);
  const films = [await finished(one, painting.id), await finished(one, painting.id), await finished(one, painting.id)];
  await until(async () => (await find(one, films[0]!)) === null);
  for (const film of films.slice(1)) expect((await find(one, film))?.state).toBe("COMPLETED");
  expect((await find(other, others))?.state).toBe("COMPLETED");
  const { status } = await fetch(`${parties.running.address}/exports/${films[0]}`, { headers: one.client.credentials });
  expect(status).toBe(404);
});

test("finished films take space of their owner, without which no film begins", async () => {
  const who = await parties.someone("ARTIST");
  const { id } = await parties.paint(who.ownerId);
  const film = await finished(who, id);
  const { storage } = parties.running;
  const used = (await storage.images.byteLengthOf(who.ownerId)) + (await storage.frames.byteLengthOfOwner(who.ownerId));
  // All of the space that the film leaves.
  const rest = values.ownBytes - used - ((await find(who, film))?.bytes ?? 0);
  await storage.images.insert(anImage({ ownerId: who.ownerId, byteLength: rest }));
  expect(await operate(who.client, FILM, { id })).toMatchObject({ code: "LIMIT", limitName: "ownBytes", limit: values.ownBytes });
});

test("the last tenth of the server's places for exports is for admins", async () => {
  const { blobs } = parties.running.storage;
  const get = blobs.get.bind(blobs);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  // No film goes on meanwhile.
  const reading = vi.spyOn(blobs, "get").mockImplementation((digest) => released.then(() => get(digest)));
  const start = async (who: Someone) => operate(who.client, FILM, { id: (await parties.paint(who.ownerId)).id });
  let refusal: Refusal = null;
  let attempts = 0;
  for (; refusal === null && attempts < 50; attempts++) refusal = await start(await parties.someone("ARTIST"));
  expect([attempts, refusal]).toEqual([19, expect.objectContaining({ code: "LIMIT", limitName: "exports", limit: 18 })]);
  const { owner, clients } = parties;
  const { errors } = await owner.client.send(FILM, { id: (await parties.paint(owner.ownerId)).id });
  expect(errors?.[0]?.message).toBe("The limit for this server is 18 exports. Try again in 10 seconds.");
  expect([await start(clients.ADMIN), await start(clients.ADMIN)]).toEqual([null, null]);
  expect(await start(clients.ADMIN)).toMatchObject({ code: "LIMIT", limitName: "exports", limit: 20 });
  release();
  reading.mockRestore();
});
