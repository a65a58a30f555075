import { expect, test } from "vitest";
import { aLink } from "../contracts/access.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { operate, shareOutput } from "./attempts.js";

const values = { keptSessions: 3, openLinks: 2 };
const parties = partiesOfFile({ limits: values });
const { running } = parties;

const START = "mutation ($id: ID!) { startStyleTransfer(input: { contentId: $id, styles: [{ imageId: $id, weight: 1 }] }) { id } }";
const TRANSLATE = 'mutation { startTranslation(input: { model: "horse2zebra" }) { id } }';
const BRANCH = "mutation ($id: ID!) { branchSession(sessionId: $id, step: 0) { id } }";
const IMPORT = "mutation ($trace: String!) { importTrace(trace: $trace) { id } }";
const RESUME = "mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }";
const DELETE = "mutation ($id: ID!) { deleteSession(sessionId: $id) }";
const SHARE = 'mutation ($id: ID!) { shareSession(sessionId: $id, input: { name: "Kim" }) { link { id } } }';
const REVOKE = "mutation ($id: ID!) { revokeLink(id: $id) { id } }";

/** Someone's paintings: as many as they may keep. */
async function fill({ ownerId }: Someone) {
  const paint = () => parties.paint(ownerId);
  const first = await paint();
  for (let kept = 1; kept < values.keptSessions; kept++) await paint();
  return first;
}

test("an owner who keeps as many sessions as they may starts, branches and imports no more until one is deleted", async () => {
  const who = await parties.someone("ARTIST");
  const { client } = who;
  const { id, contentId } = await fill(who);
  const trace = await (await fetch(`${running.address}/sessions/${id}/trace.json`, { headers: client.credentials })).text();
  const attempts: [string, Record<string, unknown>, string][] = [
    [START, { id: contentId }, "input"],
    [TRANSLATE, {}, "input"],
    [BRANCH, { id }, "sessionId"],
    [IMPORT, { trace }, "trace"],
  ];
  for (const [mutation, variables, field] of attempts) {
    const [error] = (await client.send(mutation, variables)).errors ?? [];
    expect(error?.message).toBe("The limit for you is 3 sessions. Delete some that have ended.");
    expect(error?.extensions).toMatchObject({ code: "LIMIT", limitName: "keptSessions", limit: 3, max: 3, field });
    expect(error?.extensions.retryAfter ?? null).toBeNull();
  }
  expect(await running.storage.sessions.count({ ownerId: who.ownerId })).toBe(values.keptSessions);
  expect(await operate(client, DELETE, { id })).toBeNull();
  expect(await operate(client, TRANSLATE)).toBeNull();
});

test("a paused session resumes, however many are kept", async () => {
  const who = await parties.someone("ARTIST");
  const { id } = await parties.paint(who.ownerId, "PRIVATE", { status: "PAUSED", finishedAt: null });
  await fill(who);
  expect(await operate(who.client, RESUME, { id })).toBeNull();
});

test("an owner who has as many open links as they may makes no more until one is revoked", async () => {
  const { client, ownerId } = await parties.someone("ARTIST");
  // Neither one that has expired nor one of somebody else is one of theirs that is open.
  for (const link of [aLink({ ownerId, expiresAt: new Date(Date.now() - 1000) }), aLink()]) {
    await running.storage.access.addLink(link, crypto.randomUUID());
  }
  const { id } = await parties.paint(ownerId);
  const shared = await client.query(SHARE, { id });
  expect(await shareOutput(client)).toBeNull();
  const [error] = (await client.send(SHARE, { id })).errors ?? [];
  expect(error?.message).toBe("The limit for you is 2 links. Revoke some.");
  expect(error?.extensions).toMatchObject({ code: "LIMIT", limitName: "openLinks", limit: 2, max: 2, field: "input" });
  expect((await shareOutput(client))?.limitName).toBe("openLinks");
  expect(await operate(client, REVOKE, { id: shared.shareSession.link.id })).toBeNull();
  expect(await shareOutput(client)).toBeNull();
});

test("of what is made at once, no more is kept than an owner may have", async () => {
  const { client } = await parties.someone("ARTIST");
  const refusedOf = async (attempt: () => Promise<unknown>) => {
    const refusals = await Promise.all(Array.from({ length: 6 }, attempt));
    return refusals.filter((refusal) => refusal !== null);
  };
  expect(await refusedOf(() => shareOutput(client))).toHaveLength(6 - values.openLinks);
  expect(await refusedOf(() => operate(client, TRANSLATE))).toHaveLength(6 - values.keptSessions);
});

test("admins keep sessions and links without these limits, also links to what is an artist's", async () => {
  const { ADMIN } = parties.clients;
  const artist = await parties.someone("ARTIST");
  for (const who of [ADMIN, artist]) await fill(who);
  expect(await operate(ADMIN.client, TRANSLATE)).toBeNull();
  const { id } = await parties.paint(artist.ownerId);
  for (let count = 0; count <= values.openLinks; count++) {
    expect(await shareOutput(ADMIN.client)).toBeNull();
    expect(await operate(ADMIN.client, SHARE, { id })).toBeNull();
  }
});
