import { print } from "graphql";
import { expect, test } from "vitest";
import { CreateLink, type Link, LinksQuery, RevokeLink } from "../../web/graphql/access-operations";
import { whyClosed } from "../../web/parts/link-state";
import { skipBehind, withLink, withPage } from "../../web/rooms/admin/link-pages";
import { partiesOfFile } from "../helpers/parties";

const parties = partiesOfFile();
const named = (name: string) => ({ name, ownerId: "teacher", expiresAt: null });

test("an admin finds a class's link behind many newer ones, of other kinds and of its own, and revokes it", async () => {
  const { links } = parties.running.app;
  const admin = parties.clients.ADMIN.client;
  const load = async (skip: number): Promise<Link[]> => (await admin.query(print(LinksQuery), { kind: "ACCESS", skip })).links;

  const { link } = await links.create(named("Class 7b"), { kind: "ACCESS", role: "ARTIST" });
  const session = await parties.paint(parties.owner.ownerId);
  for (let count = 0; count < 101; count++) await links.create(named("Taken home"), { kind: "SHARE", sessionId: session.id });
  let pages = withPage(null, await load(0));
  expect(pages.links[0]).toMatchObject({ id: link.id, name: "Class 7b" });
  expect(pages.hasMore).toBe(false);

  for (let count = 0; count < 100; count++) await links.create(named(`Class ${count}`), { kind: "ACCESS", role: "ARTIST" });
  pages = withPage(null, await load(0));
  expect(pages.links.map(({ id }) => id)).not.toContain(link.id);
  expect(pages.hasMore).toBe(true);
  // Neither a link that is revoked before the next page is loaded nor one that is made hides any of those behind.
  pages = withLink(pages, (await admin.query(print(RevokeLink), { id: pages.links[0]!.id })).revokeLink);
  const input = { name: "Made meanwhile", role: "VIEWER", expiresAt: null };
  pages = withLink(pages, (await admin.query(print(CreateLink), { input })).createLink.link);
  pages = withPage(pages, await load(skipBehind(pages)));
  const ids = pages.links.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain(link.id);
  expect(pages.hasMore).toBe(false);

  pages = withLink(pages, (await admin.query(print(RevokeLink), { id: link.id })).revokeLink);
  expect(whyClosed(pages.links.find(({ id }) => id === link.id)!)).toBe("revoked");
});
