import { expect, test } from "vitest";
import { startSession } from "../helpers/app.js";
import { eventually } from "../helpers/eventually.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";

const parties = partiesOfFile();
const { running } = parties;

test("lists, counts and events have only what one may see", async () => {
  const { owner, clients, paint } = parties;
  const [hidden, open] = [
    await paint(owner.ownerId, "PRIVATE", { title: "seen by few" }),
    await paint(owner.ownerId, "PUBLIC", { title: "seen by few" }),
  ];
  const LIST =
    '{ sessions(filter: { titleContains: "seen by few" }) { totalCount edges { node { id } } } images(first: 100) { edges { node { id } } } }';
  const seen = async ({ client }: typeof owner) =>
    (await client.query(LIST)).sessions.edges.map(({ node }: { node: { id: string } }) => node.id).sort();
  expect(await seen(owner)).toEqual([hidden.id, open.id].sort());
  expect(await seen(clients.ARTIST)).toEqual([open.id]);
  expect((await clients.VIEWER.client.query(LIST)).sessions.totalCount).toBe(1);
  const events = clients.VIEWER.client.subscribe("subscription { sessions { id title } }");
  const first = events.next();
  await eventually(async () => {
    for (const { id } of [hidden, open])
      await owner.client.query(`mutation { renameSession(sessionId: "${id}", title: "seen by few, ${Math.random()}") { id } }`);
    expect(await Promise.race([first, Promise.resolve(null)])).not.toBeNull();
  });
  expect((await first).value.data.sessions.id).toBe(open.id);
  await events.return?.();
});

test("the queue, and the sessions on a device, are those that one may see", async () => {
  const { owner, clients } = parties;
  const imageId = await owner.client.upload((await pngPicture(64, 48)).bytes);
  const start = () => startSession({ ...running, client: owner.client, imageId });
  const [hidden, open] = [await start(), await start()];
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PUBLIC) { id } }", { id: open });
  const due: [Someone, string[]][] = [
    [owner, [hidden, open]],
    [clients.ADMIN, [hidden, open]],
    [clients.ARTIST, [open]],
    [clients.VIEWER, [open]],
  ];
  const queued = async ({ client }: Someone, first: number) => {
    const { queue } = await client.query("query ($first: Int!) { queue(first: $first) { id } }", { first });
    return queue.map(({ id }: { id: string }) => id);
  };
  for (const [who, ids] of due) {
    expect(await queued(who, 10)).toEqual(ids);
    // What one may not see takes no place of what one may.
    expect(await queued(who, 1)).toEqual(ids.slice(0, 1));
  }

  for (const id of [hidden, open]) expect(await running.host.claim()).toBe(id);
  const DEVICES = "{ server { devices { name sessionIds } } }";
  for (const [{ client }, sessionIds] of due) {
    expect((await client.query(DEVICES)).server.devices).toEqual([{ name: "fake", sessionIds }]);
    expect((await client.query("{ queue { id } }")).queue).toEqual([]);
  }
  for (const query of ["{ queue { id } }", DEVICES]) {
    expect(await clients.STRANGER.client.refusal(query)).toMatchObject({ code: "UNAUTHENTICATED" });
  }
});
