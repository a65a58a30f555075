import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { aFilm } from "../contracts/records.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { until } from "../helpers/until.js";

const parties = partiesOfFile();

const START = "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, size: 64, maxFrames: 2 }) { id } }";
const FIND = "query ($id: ID!) { export(id: $id) { state } }";

/** Has a film of a session made; returns its address. */
async function film({ client }: Someone, sessionId: string): Promise<string> {
  const { id } = (await client.query(START, { id: sessionId })).startExport;
  await until(async () => (await client.query(FIND, { id })).export.state === "COMPLETED");
  return `${client.address}/exports/${id}`;
}

test("a film that a browser keeps is shown again only to those who may still see it", async () => {
  const { owner, paint } = parties;
  const url = await film(owner, (await paint(owner.ownerId)).id);
  const { headers } = await fetch(url, { headers: owner.client.credentials });
  expect(headers.get("Cache-Control")).toBe("private, no-cache");
  expect(headers.get("Vary")).toContain("Cookie, Authorization");
  // By itself, fetch would ask for the whole film.
  const condition = { "If-None-Match": headers.get("ETag") ?? "", "Cache-Control": "max-age=0" };
  expect((await fetch(url, { headers: { ...owner.client.credentials, ...condition } })).status).toBe(304);
  expect((await fetch(url, { headers: condition })).status).toBe(401);
});

test("a film of a session that was hidden while it was asked for is not made for others", async () => {
  const { owner, clients, paint, running } = parties;
  const { id } = await paint(owner.ownerId, "PUBLIC");
  const { films } = running.storage;
  const insert = films.insert.bind(films);
  const HIDE = "mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }";
  let filmId = "";
  const storing = vi.spyOn(films, "insert").mockImplementationOnce(async (record, ...others) => {
    filmId = record.id;
    await owner.client.query(HIDE, { id });
    await insert(record, ...others);
  });
  expect(await clients.ARTIST.client.refusal(START, { id })).toMatchObject({ code: "NOT_FOUND", field: "input.sessionId" });
  storing.mockRestore();
  expect(await films.find(filmId)).toMatchObject({ state: "CANCELLED" });
});

test("a film that was made while it was allowed stays its maker's, and does not tell the title that the session got since", async () => {
  const { owner, clients, paint } = parties;
  const { id } = await paint(owner.ownerId, "PUBLIC", { title: "Dunes" });
  const url = await film(clients.ARTIST, id);
  const named = async ({ client }: Someone) => {
    const { status, headers } = await fetch(url, { headers: client.credentials });
    return [status, headers.get("Content-Disposition")];
  };
  expect(await named(clients.ARTIST)).toEqual([200, "attachment; filename=Dunes.gif"]);
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }", { id });
  await owner.client.query('mutation ($id: ID!) { renameSession(sessionId: $id, title: "Secret") { id } }', { id });
  expect(await named(clients.ARTIST)).toEqual([200, `attachment; filename=atelier-${id.slice(0, 8)}.gif`]);
  expect(await named(owner)).toEqual([200, "attachment; filename=Secret.gif"]);
  expect((await named(clients.VIEWER))[0]).toBe(404);
});

describe("a film that is being sent", () => {
  /** Larger than what the sockets of both sides hold, bytes. */
  const LARGE = 64 * 1024 * 1024;
  const HIDE = "mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }";
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atelier-films-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Begins to send a large film, made by `maker`, that shows the sessions, to someone who does not read it yet. */
  async function begin(maker: Someone, { client }: Someone, sessionId: string, besideId: string | null = null): Promise<Response> {
    const { films } = parties.running.storage;
    const film = aFilm({ sessionId, besideId }, { ownerId: maker.ownerId });
    await films.insert(film, { makerId: "tests", leaseMs: 60_000 });
    const path = join(folder, film.id);
    await writeFile(path, "");
    await truncate(path, LARGE);
    expect(await films.complete(film, path)).toMatchObject({ bytes: LARGE });
    const response = await fetch(`${client.address}/exports/${film.id}`, { headers: client.credentials });
    expect(response.status).toBe(200);
    return response;
  }
  const received = async (response: Response) => (await response.arrayBuffer()).byteLength;

  test("is cut when a session that it shows is hidden, except for its maker and the session's owner", async () => {
    const { owner, clients, paint } = parties;
    for (const isBeside of [false, true]) {
      const [open, { id }] = [await paint(owner.ownerId, "PUBLIC"), await paint(owner.ownerId, "PUBLIC")];
      const shown = isBeside ? ([open.id, id] as const) : ([id, open.id] as const);
      const foreign = await begin(owner, clients.VIEWER, ...shown);
      const kept = [await begin(clients.ARTIST, clients.ARTIST, ...shown), await begin(clients.ARTIST, owner, ...shown)];
      await owner.client.query(HIDE, { id });
      await expect(received(foreign)).rejects.toThrow();
      expect(await Promise.all(kept.map(received))).toEqual([LARGE, LARGE]);
    }
  });

  test("is cut when the link of who reads it is revoked", async () => {
    const { owner, someone, paint, running } = parties;
    const guest = await someone("VIEWER");
    const film = await begin(owner, guest, (await paint(owner.ownerId, "PUBLIC")).id);
    await running.app.links.revoke(guest.linkId);
    await expect(received(film)).rejects.toThrow();
  });
});
