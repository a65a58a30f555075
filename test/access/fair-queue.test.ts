import { expect, test } from "vitest";
import { limitTable } from "../../server/limits/table.js";
import { anImage } from "../contracts/records.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";
import { visit } from "../limits/attempts.js";

const OPEN = 6;
const parties = partiesOfFile({ limits: { openSessions: OPEN } });
const { running } = parties;

const FIELDS = "{ id status queuePosition }";
const TRANSLATE = `mutation { startTranslation(input: { model: "horse2zebra" }) ${FIELDS} }`;
const PAINT = `mutation ($image: ID!) { startStyleTransfer(input: { contentId: $image, styles: [{ imageId: $image }] }) ${FIELDS} }`;
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const MOVE = `mutation ($id: ID!, $position: Int!) { moveInQueue(sessionId: $id, position: $position) ${FIELDS} }`;

interface Started {
  id: string;
  status: string;
  queuePosition: number | null;
}

const translate = async ({ client }: Someone): Promise<Started> => (await client.query(TRANSLATE)).startTranslation;
const find = async ({ client }: Someone, id: string): Promise<Started> =>
  (await client.query(`query ($id: ID!) { session(id: $id) ${FIELDS} }`, { id })).session;

let pictures = 0;

async function paint({ client }: Someone, count: number): Promise<string[]> {
  const image = await client.upload((await pngPicture(64, 64, ++pictures)).bytes);
  const ids: string[] = [];
  while (ids.length < count) ids.push((await client.query(PAINT, { image })).startStyleTransfer.id);
  return ids;
}

/** Runs the next `count` sessions one after the other; returns their ids. */
async function runNext(count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const id = await running.host.claim();
    ids.push(id);
    await running.host.end(id, "COMPLETED");
  }
  return ids;
}

test("a live translation beyond its owner's limit waits, holds up nobody, and starts when another one ends", async () => {
  const [one, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const limit = limitTable.liveSessions.value;
  const began: string[] = [];
  while (began.length < limit) {
    const { id } = await translate(one);
    expect(await running.host.claim()).toBe(id);
    began.push(id);
  }
  const third = await translate(one);
  expect(third).toMatchObject({ status: "QUEUED", queuePosition: 1 });

  const next = running.host.claim();
  const others = await translate(other);
  expect(await next).toBe(others.id);
  const claimed = running.host.claim();
  expect(await find(one, third.id)).toMatchObject({ status: "QUEUED", queuePosition: 1 });

  await one.client.query(CANCEL, { id: began[0] });
  expect(await claimed).toBe(third.id);
  expect(await find(one, third.id)).toMatchObject({ status: "RUNNING", queuePosition: null });
  for (const [who, id] of [
    [one, began[1]],
    [one, third.id],
    [other, others.id],
  ] as const)
    await who.client.query(CANCEL, { id });
});

test("an owner's paintings take half of the server's places at most, and an admin's all of them", async () => {
  const [one, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const half = limitTable.runningSessions.value / 2;
  const own = await paint(one, half + 1);
  for (const id of own.slice(0, half)) expect(await running.host.claim()).toBe(id);
  const next = running.host.claim();
  const [others] = await paint(other, 1);
  expect(await next).toBe(others);
  expect(await find(one, own[half]!)).toMatchObject({ status: "QUEUED", queuePosition: 1 });
  const { ADMIN: admin } = parties.clients;
  const admins = await paint(admin, half + 1);
  for (const id of admins) expect(await running.host.claim()).toBe(id);
  const claimed = running.host.claim();
  await one.client.query(CANCEL, { id: own[0] });
  expect(await claimed).toBe(own[half]);
  for (const id of own.slice(1)) await one.client.query(CANCEL, { id });
  await other.client.query(CANCEL, { id: others });
  for (const id of admins) await admin.client.query(CANCEL, { id });
});

test("all who came by one link leave the last place to others, however many they are", async () => {
  const { client } = await parties.someone("ARTIST");
  const other = await parties.someone("ARTIST");
  const picture = await running.storage.images.insert(anImage({ visibility: "PUBLIC", byteLength: 1 }));
  const places = limitTable.linkRunningSessions.value;
  const pupils: { id: string; headers: Record<string, string> }[] = [];
  while (pupils.length <= places) {
    const { credentials: headers } = await visit(running.address, "", client.token ?? "");
    const visitor = new GraphqlClient(running.address);
    const { data, errors } = await visitor.send(PAINT, { image: picture.id }, headers);
    expect(errors).toBeUndefined();
    pupils.push({ id: data.startStyleTransfer.id, headers });
  }
  for (const { id } of pupils.slice(0, places)) expect(await running.host.claim()).toBe(id);
  const next = running.host.claim();
  const [others] = await paint(other, 1);
  expect(await next).toBe(others);
  const claimed = running.host.claim();
  const { id, headers } = pupils[0]!;
  expect((await new GraphqlClient(running.address).send(CANCEL, { id }, headers)).errors).toBeUndefined();
  expect(await claimed).toBe(pupils[places]!.id);
  const { ADMIN: admin } = parties.clients;
  for (const ended of [...pupils.slice(1).map((pupil) => pupil.id), others]) await admin.client.query(CANCEL, { id: ended });
});

test("an admin's live translations have no limit of their own", async () => {
  const { ADMIN: admin } = parties.clients;
  const ids: string[] = [];
  while (ids.length <= limitTable.liveSessions.value) ids.push((await translate(admin)).id);
  for (const id of ids) expect(await running.host.claim()).toBe(id);
  for (const id of ids) await admin.client.query(CANCEL, { id });
});

test("an owner's sessions that wait are limited, and a refusal says when to try again", async () => {
  const who = await parties.someone("ARTIST");
  const ids: string[] = [];
  while (ids.length < OPEN) ids.push((await translate(who)).id);
  expect(await who.client.refusal(TRANSLATE)).toMatchObject({
    ...{ code: "LIMIT", limitName: "openSessions", limit: OPEN },
    retryAfter: expect.any(Number),
  });
  for (const id of ids) await who.client.query(CANCEL, { id });
});

test("paintings of two owners take turns, in the order that their positions show", async () => {
  const [one, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const [first, second] = [await paint(one, 5), await paint(other, 5)];
  const inTurns = first.flatMap((id, index) => [id, second[index]]);
  const shown = await parties.clients.ADMIN.client.query("{ queue { id queuePosition } }");
  expect(shown.queue).toEqual(inTurns.map((id, index) => ({ id, queuePosition: index + 1 })));
  expect(await runNext(10)).toEqual(inTurns);
});

test("an admin moves a session among those of its owner", async () => {
  const [one, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const [first, second] = [await paint(one, 3), await paint(other, 2)];
  const { moveInQueue } = await parties.clients.ADMIN.client.query(MOVE, { id: second[1], position: 1 });
  expect(moveInQueue.queuePosition).toBe(2);
  expect(await runNext(5)).toEqual([first[0], second[1], first[1], second[0], first[2]]);
});
