import { describe, expect, test } from "vitest";
import { appOfFile, startSession } from "../helpers/app.js";
import { eventually } from "../helpers/eventually.js";
import { pngPicture } from "../helpers/pictures.js";

const running = appOfFile();
const LISTS = `query ($image: ID!) {
  sessions(first: 100) { totalCount edges { node { id } } }
  queue { id }
  images(first: 100) { totalCount edges { node { id expiresAt } } }
  image(id: $image) { expiresAt sessions { totalCount } } }`;
const FIND = "query ($id: ID!) { session(id: $id) { id status expiresAt queuePosition } }";
const EXTEND = "mutation ($id: ID!, $seconds: Int!) { extendSession(sessionId: $id, seconds: $seconds) { expiresAt } }";

/** Uploads a picture that no other test has; returns the response. */
async function upload(query = "", seed = Math.random()): Promise<{ status: number; body: Record<string, unknown> }> {
  const { bytes } = await pngPicture(32, 32, Math.floor(seed * 1e9));
  const response = await fetch(`${running.address}/images${query}`, { method: "POST", body: new Blob([new Uint8Array(bytes)]) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const ids = (list: { edges: { node: { id: string } }[] }) => list.edges.map(({ node }) => node.id);

describe("a temporary session", () => {
  test("and its picture can be read by their ids, but are in no list", async () => {
    const { body } = await upload("?expiresIn=60");
    const image = String(body.id);
    const id = await startSession(running, { contentId: image, styles: [{ imageId: image }], expiresIn: 60 });
    const { session } = await running.client.query(FIND, { id });
    expect(session).toMatchObject({ status: "QUEUED", queuePosition: 1 });
    expect(Date.parse(session.expiresAt)).toBeLessThanOrEqual(Date.now() + 60_000);

    const lists = await running.client.query(LISTS, { image });
    expect(ids(lists.sessions)).not.toContain(id);
    expect(lists.queue).toEqual([]);
    expect(ids(lists.images)).not.toContain(image);
    expect(lists.images.totalCount).toBe(lists.images.edges.length);
    expect(lists.image.sessions.totalCount).toBe(0);
    expect(lists.image.expiresAt).toBe(body.expiresAt);
    await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
  });

  test("lives longer when it is extended; one that lasts cannot be", async () => {
    const id = await startSession(running, { expiresIn: 10 });
    const { extendSession } = await running.client.query(EXTEND, { id, seconds: 3600 });
    expect(Date.parse(extendSession.expiresAt)).toBeGreaterThan(Date.now() + 3_000_000);
    const lasting = await startSession(running);
    expect(await running.client.refusal(EXTEND, { id: lasting, seconds: 60 })).toEqual({ code: "CONFLICT", field: "sessionId" });
    for (const one of [id, lasting])
      await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: one });
  });

  test.each([9, 2_592_001])("a lifetime of %i s is refused with the limits", async (seconds) => {
    const limits = { code: "BAD_INPUT", min: 10, max: 2_592_000 };
    const id = await startSession(running, { expiresIn: 10 });
    expect(await running.client.refusal(EXTEND, { id, seconds })).toMatchObject({ ...limits, field: "seconds" });
    const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
    const input = { contentId: running.imageId, styles: [{ imageId: running.imageId }], expiresIn: seconds };
    expect(await running.client.refusal(START, { input })).toMatchObject({ ...limits, field: "input.expiresIn" });
    expect(await upload(`?expiresIn=${seconds}`)).toMatchObject({ status: 400, body: { ...limits, field: "expiresIn" } });
    await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
  });

  test("the lifetime of an upload must be a number", async () => {
    for (const text of ["soon", "1e3", "-60"]) expect((await upload(`?expiresIn=${text}`)).body).toMatchObject({ code: "BAD_INPUT" });
  });
});

test("a temporary picture and its frames stay in no cache, and others may", async () => {
  const image = String((await upload("?expiresIn=60")).body.id);
  const cached = async (path: string) => (await fetch(running.address + path)).headers.get("Cache-Control");
  const paint = async (more: object) => {
    const id = await startSession(running, { contentId: image, styles: [{ imageId: image }], ...more });
    await running.host.claim();
    await running.host.paint(id, 0);
    await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
    return `/frames/${id}/0`;
  };
  const [passing, lasting] = [await paint({ expiresIn: 60 }), await paint({})];
  expect(await cached(`/images/${image}`)).toBe("private, no-store");
  expect(await cached(`/images/${image}?w=64`)).toBe("private, no-store");
  for (let time = 0; time < 2; time++) expect(await cached(passing)).toBe("private, no-store");
  expect(await cached(lasting)).toContain("immutable");
  expect(await cached(`/images/${running.imageId}`)).toContain("immutable");
});

// Together, because both wait for the shortest lifetime.
describe("what is temporary", () => {
  test.concurrent("a session is ended and deleted with its picture and its branches when its time is over, whatever it does then", async () => {
    const image = String((await upload("?expiresIn=10")).body.id);
    const input = { contentId: image, styles: [{ imageId: image }], expiresIn: 10 };
    const painting = await startSession(running, input);
    await running.host.claim();
    await running.host.paint(painting, 0);
    const branch = (
      await running.client.query("mutation ($id: ID!) { branchSession(sessionId: $id, step: 0) { id expiresAt } }", { id: painting })
    ).branchSession;
    expect(branch.expiresAt).not.toBeNull();
    const waiting = await startSession(running, input);
    const removals = running.client.subscribe("subscription { sessionRemovals }");
    const removed = (async () => {
      // Sessions of the tests before expire too.
      for await (const { data } of removals) if (data.sessionRemovals === painting) return;
      throw new Error("The subscription ended.");
    })();
    await eventually(async () => {
      for (const id of [painting, branch.id, waiting]) expect((await running.client.query(FIND, { id })).session).toBeNull();
    });
    await removed;
  });

  test.concurrent("a picture that nothing uses is deleted, and one that was uploaded again for good stays", async () => {
    const passing = await upload("?expiresIn=10", 0.1);
    const kept = await upload("?expiresIn=10", 0.2);
    expect((await upload("", 0.2)).body).toMatchObject({ id: kept.body.id, expiresAt: null });
    await eventually(async () => {
      const { image } = await running.client.query("query ($id: ID!) { image(id: $id) { id } }", { id: passing.body.id });
      expect(image).toBeNull();
    });
    const { images } = await running.client.query("{ images(first: 100) { edges { node { id } } } }");
    expect(ids(images)).toContain(kept.body.id);
  });
});
