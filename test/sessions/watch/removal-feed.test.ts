import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { publishChange } from "../../../server/bus/bus.js";
import { openEmbeddedBus } from "../../../server/bus/embedded.js";
import type { Reader, Visibility } from "../../../server/records/access.js";
import { openRemovalFeed } from "../../../server/sessions/watch/gallery-feed.js";
import { aSession } from "../../contracts/records.js";

const bus = openEmbeddedBus((error) => {
  throw error;
});
afterAll(() => bus.close());

const session = (visibility: Visibility, id: string = randomUUID()) => aSession(randomUUID(), { id, ownerId: "owner", visibility });
const visitor: Reader = { ownerId: "visitor", shared: [] };

/** The ids that a reader hears while `act` runs. */
async function heard(reader: Reader | null, act: () => Promise<void>): Promise<string[]> {
  const feed = await openRemovalFeed(bus, reader);
  await act();
  feed.end();
  const ids: string[] = [];
  for await (const { id } of feed) ids.push(id);
  return ids;
}

test("whoever opened a link to a session hears that it became private, and others do not", async () => {
  const linked = session("LINK");
  const hide = () => publishChange(bus, session("PRIVATE", linked.id), linked);
  expect(await heard({ ownerId: null, shared: [linked.id] }, hide)).toEqual([linked.id]);
  expect(await heard(visitor, hide)).toEqual([]);
  expect(await heard({ ownerId: "owner", shared: [] }, hide)).toEqual([]);
  expect(await heard(null, hide)).toEqual([]);
});

test("a session that is shown and hidden at once is reported, although neither decision read the other", async () => {
  const before = session("PRIVATE");
  const decide = async () => {
    await publishChange(bus, session("PUBLIC", before.id), before);
    await publishChange(bus, before, before);
  };
  expect(await heard(visitor, decide)).toEqual([before.id]);
});

test("a session that is shown again before its reader heard that it was hidden is not reported", async () => {
  const shown = session("PUBLIC");
  const hidden = session("PRIVATE", shown.id);
  const decide = async () => {
    await publishChange(bus, hidden, shown);
    await publishChange(bus, shown, hidden);
  };
  expect(await heard(visitor, decide)).toEqual([]);
});

test("what hides no session from anybody is not reported", async () => {
  const open = session("PUBLIC");
  const change = async () => {
    await publishChange(bus, open);
    await publishChange(bus, session("PRIVATE"));
  };
  expect(await heard(visitor, change)).toEqual([]);
});
