import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type WebSocket from "ws";
import { partiesOfFile } from "../helpers/parties.js";
import { type Caller, closeAll, openSocket, openStream, operate, type Refusal, visit } from "./attempts.js";

const values = { ownSockets: 2, linkSockets: 4, sockets: 20, openSessions: 2, linkSessions: 4, queuedSessions: 10 };
const parties = partiesOfFile({ limits: values, trustedProxies: ["127.0.0.1"] });
const { running } = parties;
const TRANSLATE = 'mutation { startTranslation(input: { model: "horse2zebra" }) { id } }';

const sockets: WebSocket[] = [];
const streams: AbortController[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort();
  await closeAll(sockets);
});

/** What the visitors of a new link do one after the other until one of them is refused; how often they were not. */
async function untilRefused(attempt: (who: Caller) => Promise<Refusal>): Promise<{ allowed: number; refusal: Refusal }> {
  const secret = (await parties.someone("ARTIST")).client.token ?? "";
  for (let allowed = 0; allowed < 50; allowed++) {
    const refusal = await attempt(await visit(running.address, `203.0.113.${allowed}`, secret));
    if (refusal) return { allowed, refusal };
  }
  throw new Error("Nothing was refused.");
}

test("all browsers that open one link share its sockets, also when each is a new visitor", async () => {
  const { allowed, refusal } = await untilRefused((who) => openSocket(sockets, who));
  expect(allowed).toBe(values.linkSockets);
  expect(refusal).toMatchObject({ code: "LIMIT", limitName: "linkSockets", limit: values.linkSockets, retryAfter: expect.any(Number) });
  expect(await openSocket(sockets, (await parties.someone("ARTIST")).client)).toBeNull();
});

test("the streams of all outputs that visitors of one link share count for it, also of those who left", async () => {
  const SHARE = 'mutation { shareOutput(output: "stage", input: { name: "OBS" }) { path } }';
  const opened = async (who: Caller) => {
    const response = await fetch(`${who.address}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...who.credentials },
      body: JSON.stringify({ query: SHARE }),
    });
    const { data } = (await response.json()) as { data: { shareOutput: { path: string } } };
    await fetch(`${who.address}/access`, { method: "DELETE", headers: who.credentials });
    return openStream(streams, who.address + data.shareOutput.path, { "X-Forwarded-For": "203.0.113.99" });
  };
  const { allowed, refusal } = await untilRefused(opened);
  expect([allowed, refusal?.limitName]).toEqual([values.linkSockets, "linkSockets"]);
});

test("the last tenth of the server's sockets is for admins", async () => {
  let refusal: Refusal = null;
  let allowed = 0;
  while (refusal === null && allowed < 50) {
    const { client } = await parties.someone("VIEWER");
    refusal = await openSocket(sockets, client);
    if (refusal === null) allowed++;
  }
  expect([allowed, refusal]).toEqual([18, expect.objectContaining({ limitName: "sockets", limit: 18 })]);
  const admin = parties.clients.ADMIN.client;
  expect([await openSocket(sockets, admin), await openSocket(sockets, admin)]).toEqual([null, null]);
  expect((await openSocket(sockets, admin))?.limitName).toBe("sockets");
});

test("what all who came by a link have is summed once for each start, and not for admins", async () => {
  const { access, sessions } = running.storage;
  onTestFinished(() => void vi.restoreAllMocks());
  const [summed, stored] = [vi.spyOn(access, "byteLengthOfLink"), vi.spyOn(sessions, "insert")];
  for (const [role, sums] of [["ARTIST", 1] as const, ["ADMIN", 0] as const]) {
    const { client, linkId } = await parties.someone(role);
    summed.mockClear();
    expect(await operate(await visit(running.address, "203.0.113.200", client.token ?? ""), TRANSLATE)).toBeNull();
    expect(summed).toHaveBeenCalledTimes(sums);
    const [session, , place] = stored.mock.lastCall ?? [];
    expect(place?.linkId).toBe(role === "ADMIN" ? null : linkId);
    await sessions.update(session?.id ?? "", { status: "CANCELLED" });
  }
});

test("the visitors of one link start only so many sessions together, and the last tenth of the queue is for admins", async () => {
  const first = await untilRefused((who) => operate(who, TRANSLATE));
  expect([first.allowed, first.refusal?.limitName]).toEqual([values.linkSessions, "linkSessions"]);
  const second = await untilRefused((who) => operate(who, TRANSLATE));
  expect([second.allowed, second.refusal?.limitName]).toEqual([values.linkSessions, "linkSessions"]);
  const third = await untilRefused((who) => operate(who, TRANSLATE));
  expect([third.allowed, third.refusal]).toEqual([1, expect.objectContaining({ limitName: "queuedSessions", limit: 9 })]);
  const { client } = parties.clients.ADMIN;
  expect([await operate(client, TRANSLATE), (await operate(client, TRANSLATE))?.limitName]).toEqual([null, "queuedSessions"]);
});
