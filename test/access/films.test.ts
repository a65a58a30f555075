import { expect, test } from "vitest";
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
