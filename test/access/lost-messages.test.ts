import { afterEach, expect, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { LossyBus } from "../helpers/lossy-bus.js";
import { partiesOfFile } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";

let bus: LossyBus;
const parties = partiesOfFile({
  openBus: (report) => {
    bus = new LossyBus(openEmbeddedBus(report));
    return bus;
  },
});
afterEach(() => bus.recover());

const EVENTS = "subscription ($id: ID!) { session(id: $id) { __typename } }";

test("a gap ends the sockets of links whose revocation was lost, and no others", async () => {
  const { someone, paint, owner, running } = parties;
  const [revoked, staying] = [await someone("VIEWER"), await someone("VIEWER")];
  const { id } = await paint(owner.ownerId, "PUBLIC", { status: "RUNNING", finishedAt: null });
  const [over, open] = [revoked, staying].map(({ client }) => client.subscribe(EVENTS, { id }));
  if (!over || !open) throw new Error("There are two.");
  // The session, and its frame.
  for (const events of [over, open, over, open]) await events.next();
  const [ended, event] = [expect(over.next()).rejects.toMatchObject({ code: 4403 }), open.next()];
  bus.lose();
  await running.app.links.revoke(revoked.linkId);
  bus.recover();
  await ended;
  const { errors } = await revoked.client.send("{ server { version } }");
  expect(errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  await owner.client.query('mutation ($id: ID!) { renameSession(sessionId: $id, title: "after") { id } }', { id });
  expect((await event).value.data.session.__typename).toBe("SessionChange");
  await open.return?.();
});

test.each([
  ["leaves", async (cookie: string) => void (await parties.running.app.links.leave(cookie))],
  [
    "has opened another link",
    async (cookie: string) => {
      const { links } = parties.running.app;
      const link = await links.create({ name: "More", ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role: "ARTIST" });
      await links.open(link.secret, cookie);
    },
  ],
])("a gap ends the streams of a visitor who meanwhile %s", async (_what, change) => {
  const { paint, owner, running } = parties;
  const { links } = running.app;
  const { secret } = await links.create({ name: "Class", ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  const visitors = await Promise.all([links.open(secret, null), links.open(secret, null)]);
  const { id } = await paint(owner.ownerId, "PUBLIC", { status: "RUNNING", finishedAt: null });
  const [over, open] = await Promise.all(
    visitors.map(async (visitor) => {
      const stream = await fetch(`${running.address}/sessions/${id}/stream.mjpeg`, { headers: { Cookie: `atelier=${visitor.secret}` } });
      if (!stream.body) throw new Error("The stream has no body.");
      return stream.body.getReader();
    }),
  );
  if (!over || !open) throw new Error("There are two.");
  await Promise.all([over.read(), open.read()]);
  bus.lose();
  await change(visitors[0]?.secret ?? "");
  bus.recover();
  while (!(await over.read().catch(() => ({ done: true }))).done);
  const last = open.read();
  await running.host.paint(id, 7, new Uint8Array((await pngPicture(16, 16, 7)).bytes));
  expect((await last).done).toBe(false);
  await open.cancel();
});

test("a gap ends what others watch of a session that was hidden meanwhile, and it is hidden from then on", async () => {
  const { paint, owner, clients, running } = parties;
  const { id } = await paint(owner.ownerId, "PUBLIC", { status: "RUNNING", finishedAt: null });
  const guest = new GraphqlClient(running.address);
  const events = guest.subscribe(EVENTS, { id });
  await events.next();
  bus.lose();
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { visibility } }", { id });
  bus.recover();
  for (let { done } = await events.next(); !done; { done } = await events.next());
  await guest.close();
  expect((await fetch(`${running.address}/frames/${id}/0`, { headers: clients.VIEWER.client.credentials })).status).toBe(404);
});
