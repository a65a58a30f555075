import { expect, test, vi } from "vitest";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { until } from "../helpers/until.js";

const parties = partiesOfFile();

const START = "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF }) { id } }";
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
