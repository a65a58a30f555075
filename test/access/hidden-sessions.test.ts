import { expect, test } from "vitest";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";

const parties = partiesOfFile({ requiresApproval: true });

const SHOW = "mutation ($id: ID!, $visibility: Visibility!) { setVisibility(sessionId: $id, visibility: $visibility) { id } }";
const REVIEW = "mutation ($id: ID!, $approve: Boolean!) { reviewSession(sessionId: $id, approve: $approve) { id } }";
const RENAME = 'mutation ($id: ID!) { renameSession(sessionId: $id, title: "Others") { id } }';
const STEER = "mutation ($id: ID!, $changes: SteerInput!) { steer(sessionId: $id, changes: $changes) { id } }";
const DELETE = "mutation ($id: ID!) { deleteSession(sessionId: $id) }";

const approved = { approval: "APPROVED" } as const;
const show = ({ client }: Someone, { id }: StyleTransferRecord, visibility: string) => client.query(SHOW, { id, visibility });
const review = ({ id }: StyleTransferRecord, approve: boolean) => parties.clients.ADMIN.client.query(REVIEW, { id, approve });

/**
 * Subscribes everyone to removals. The function that this returns deletes a painting that all of them see, and returns what
 * each heard before that: it shows that nothing else is under way.
 */
async function listen(...readers: Someone[]): Promise<() => Promise<string[][]>> {
  const subscribed = readers.map(async ({ client }) => {
    const removals = client.subscribe("subscription { sessionRemovals }");
    const first = removals.next();
    // The answer to a later operation on the same socket shows that the subscription has begun.
    await client.subscribe("{ server { version } }").next();
    return { removals, first };
  });
  const all = await Promise.all(subscribed);
  return async () => {
    const last = await parties.paint(parties.owner.ownerId, "PUBLIC", approved);
    await parties.owner.client.query(DELETE, { id: last.id });
    const heard = all.map(async ({ removals, first }) => {
      const ids: string[] = [];
      const idOf = async (event: typeof first): Promise<string> => (await event).value.data.sessionRemovals;
      for (let id = await idOf(first); id !== last.id; id = await idOf(removals.next())) ids.push(id);
      await removals.return?.();
      return ids;
    });
    return Promise.all(heard);
  };
}

test("galleries of others hear that a painting became private, which its owner and admins still see", async () => {
  const { owner, clients } = parties;
  const session = await parties.paint(owner.ownerId, "PUBLIC", approved);
  const end = await listen(clients.VIEWER, clients.ARTIST, owner, clients.ADMIN);
  await show(owner, session, "PRIVATE");
  expect(await end()).toEqual([[session.id], [session.id], [], []]);
});

test("galleries of others hear that an admin refused a painting that was approved", async () => {
  const { owner, clients } = parties;
  const session = await parties.paint(owner.ownerId, "PUBLIC", approved);
  const end = await listen(clients.VIEWER, owner, clients.ADMIN);
  await review(session, false);
  expect(await end()).toEqual([[session.id], [], []]);
});

test("galleries of others hear that a painting waits for approval again, after another title or other styles", async () => {
  const { owner, clients } = parties;
  const renamed = await parties.paint(owner.ownerId, "PUBLIC", approved);
  const steered = await parties.paint(owner.ownerId, "PUBLIC", { ...approved, status: "PAUSED", finishedAt: null });
  const end = await listen(clients.VIEWER);
  await owner.client.query(RENAME, { id: renamed.id });
  const styles = [{ imageId: steered.contentId, weight: 2 }];
  await owner.client.query(STEER, { id: steered.id, changes: { styles } });
  expect(await end()).toEqual([[renamed.id, steered.id]]);
});

test("nobody hears of a painting that they could never see, nor of one that they still see", async () => {
  const { owner, clients } = parties;
  const end = await listen(clients.VIEWER);
  const own = await parties.paint(owner.ownerId);
  // Nobody but the owner has a link to it, and no admin approved it.
  for (const visibility of ["LINK", "PUBLIC", "PRIVATE", "PUBLIC"]) await show(owner, own, visibility);
  await owner.client.query(RENAME, { id: own.id });
  await review(own, false);
  await show(owner, own, "PRIVATE");
  const linked = await parties.paint(owner.ownerId, "LINK", approved);
  await show(owner, linked, "PRIVATE");
  const open = await parties.paint(owner.ownerId, "PUBLIC", approved);
  await review(open, true);
  await parties.clients.ADMIN.client.query(RENAME, { id: open.id });
  expect(await end()).toEqual([[]]);
});
