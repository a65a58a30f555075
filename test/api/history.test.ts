import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";

let running: RunningApp;
/** Newest first. */
const ids: string[] = [];

beforeAll(async () => {
  running = await startApp();
  const { host } = running;
  for (const title of ["first", "Second 100%", "third", "fourth", null]) ids.unshift(await startSession(running, { title }));
  const oldest = await host.claim();
  for (let step = 0; step <= 30; step++) await host.paint(oldest, step);
  await host.end(oldest, "COMPLETED");
  await host.claim();
});

afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
});

const SESSIONS = `query ($first: Int, $after: String, $filter: SessionFilter) {
  sessions(first: $first, after: $after, filter: $filter) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { __typename id title status kind queuePosition } }
  }
}`;

const FRAMES = `query ($id: ID!, $first: Int, $after: String, $fromStep: Int, $toStep: Int) {
  session(id: $id) {
    frames(first: $first, after: $after, fromStep: $fromStep, toStep: $toStep) {
      totalCount pageInfo { hasNextPage endCursor } edges { cursor node { step } }
    }
  }
}`;

async function listed(variables: Record<string, unknown>): Promise<string[]> {
  const { sessions } = await running.client.query(SESSIONS, variables);
  return sessions.edges.map(({ node }: { node: { id: string } }) => node.id);
}

test("sessions are listed newest first, page by page", async () => {
  const { sessions: one } = await running.client.query(SESSIONS, { first: 2 });
  expect(one).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
  const { sessions: two } = await running.client.query(SESSIONS, { first: 2, after: one.pageInfo.endCursor });
  expect(two.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true, startCursor: two.edges[0].cursor });
  const { sessions: three } = await running.client.query(SESSIONS, { first: 2, after: two.pageInfo.endCursor });
  expect(three.pageInfo.hasNextPage).toBe(false);
  expect([one, two, three].flatMap(({ edges }) => edges.map(({ node }: { node: { id: string } }) => node.id))).toEqual(ids);
});

test("frames and images have sizes in bytes", async () => {
  const id = ids.at(-1)!;
  const { session } = await running.client.query(
    `query ($id: ID!) {
      session(id: $id) { latestFrame { bytes data } ... on StyleTransferSession { content { bytes } } }
      images(first: 1) { edges { node { bytes } } }
    }`,
    { id },
  );
  expect(session.latestFrame.bytes).toBe(Buffer.from(session.latestFrame.data, "base64").byteLength);
  expect(session.content.bytes).toBeGreaterThan(0);
});

test("null means the default", async () => {
  expect(await listed({ first: null, after: null, filter: null })).toEqual(ids);
  expect(await listed({ filter: { kind: null, status: null, titleContains: null } })).toEqual(ids);
});

test("sessions can be filtered", async () => {
  expect(await listed({ filter: { status: ["COMPLETED"] } })).toEqual(ids.slice(4));
  expect(await listed({ filter: { status: ["RUNNING", "COMPLETED"] } })).toEqual(ids.slice(3));
  expect(await listed({ filter: { status: [] } })).toEqual([]);
  expect(await listed({ filter: { kind: "TRANSLATION" } })).toEqual([]);
  expect(await listed({ filter: { kind: "STYLE_TRANSFER", titleContains: "SECOND" } })).toEqual([ids[3]]);
  expect(await listed({ filter: { titleContains: "%" } })).toEqual([ids[3]]);
  expect(await listed({ filter: { createdAfter: new Date(Date.now() + 60_000).toISOString() } })).toEqual([]);
  expect(await listed({ filter: { createdBefore: new Date(Date.now() + 60_000).toISOString() } })).toEqual(ids);
});

test("queued sessions show their place in the queue", async () => {
  const { sessions } = await running.client.query(SESSIONS);
  const places = sessions.edges.map(({ node }: { node: { queuePosition: number | null } }) => node.queuePosition);
  expect(places).toEqual([3, 2, 1, null, null]);
});

test("frames are listed oldest first, page by page, and within a range of steps", async () => {
  const id = ids[4];
  const steps = async (variables: Record<string, unknown>) => {
    const { session } = await running.client.query(FRAMES, { id, ...variables });
    return session.frames.edges.map(({ node }: { node: { step: number } }) => node.step);
  };
  const { session } = await running.client.query(FRAMES, { id });
  expect(session.frames).toMatchObject({ totalCount: 31, pageInfo: { hasNextPage: true } });
  expect(await steps({ after: session.frames.pageInfo.endCursor })).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  expect(await steps({ fromStep: 3, toStep: 5 })).toEqual([3, 4, 5]);
  expect(await steps({ fromStep: 29 })).toEqual([29, 30]);
  expect(await steps({ fromStep: 5, toStep: 5 })).toEqual([5]);
  expect(await steps({ fromStep: 40 })).toEqual([]);
});

test("the loss curve is thinned", async () => {
  const LOSSES =
    "query ($id: ID!, $points: Int) { session(id: $id) { ... on StyleTransferSession { step losses(points: $points) { step total } } } }";
  const { session } = await running.client.query(LOSSES, { id: ids[4], points: 4 });
  expect(session.step).toBe(30);
  expect(session.losses).toHaveLength(4);
  expect(session.losses.at(0)).toEqual({ step: 0, total: 100 });
  expect(session.losses.at(-1).step).toBe(30);
  for (const points of [-1, 0, 1, 1e6]) {
    expect(await running.client.refusal(LOSSES, { id: ids[4], points })).toMatchObject({ code: "BAD_INPUT", field: "points" });
  }
});

test.each([
  ["a negative first step", { fromStep: -1 }, "fromStep", 0],
  ["a negative last step", { fromStep: null, toStep: -1 }, "toStep", 0],
  ["a range that ends before it begins", { fromStep: 5, toStep: 3 }, "toStep", 5],
])("%s is refused for frames and losses", async (_name, variables, field, limit) => {
  const CURVE = `query ($id: ID!, $fromStep: Int, $toStep: Int) {
    session(id: $id) { ... on StyleTransferSession { losses(fromStep: $fromStep, toStep: $toStep) { step } } }
  }`;
  for (const query of [FRAMES, CURVE]) {
    expect(await running.client.refusal(query, { id: ids[4], ...variables })).toEqual({ code: "BAD_INPUT", field, limit, min: limit });
  }
});

const made = (text: string) => Buffer.from(text).toString("base64url");

test.each([
  ["first: -1", { first: -1 }, "first"],
  ["first: 0", { first: 0 }, "first"],
  ["first: 1000000", { first: 1_000_000 }, "first"],
  ["an empty cursor", { after: "" }, "after"],
  ["an invented cursor", { after: "made-up" }, "after"],
  ["a cursor with a NUL", { after: made("session:a\0b") }, "after"],
  ["a cursor of a session that never existed", { after: made("session:none") }, "after"],
  ["a cursor of another kind", { after: made("frame:3") }, "after"],
  ["a filter that is too long", { filter: { titleContains: "x".repeat(1000) } }, "filter.titleContains"],
])("%s is refused for sessions", async (_name, variables, field) => {
  expect(await running.client.refusal(SESSIONS, variables)).toMatchObject({ code: "BAD_INPUT", field });
});

test.each([
  ["first: 101", { first: 101 }, "first"],
  ["an invented cursor", { after: "!!!" }, "after"],
  ["a cursor of another kind", { after: made("session:none") }, "after"],
  ["a negative step", { after: made("frame:-1") }, "after"],
  ["a step beyond integers", { after: made("frame:99999999999") }, "after"],
])("%s is refused for frames", async (_name, variables, field) => {
  expect(await running.client.refusal(FRAMES, { id: ids[4], ...variables })).toMatchObject({ code: "BAD_INPUT", field });
});

test("an object that does not exist is null", async () => {
  for (const id of ["none", "../x", "a\0b", "", "x".repeat(5000)]) {
    const query = "query ($id: ID!) { session(id: $id) { id } image(id: $id) { id } model(id: $id) { id } }";
    expect(await running.client.query(query, { id })).toEqual({ session: null, image: null, model: null });
  }
});

test("the server and its models are described", async () => {
  const { server, models, model } = await running.client.query(`{
    server { version maxSize maxImagePixels maxJpegPixels maxUploadBytes devices { name engine description sessionIds } refusedDevices { name reason } }
    models(task: TRANSLATION) { id task family state downloadProgress }
    model(id: "vgg19") { id title task size parameters bytes licence source }
  }`);
  expect(server).toMatchObject({
    version: "1.2.3",
    maxSize: 2048,
    maxImagePixels: 60_000_000,
    maxJpegPixels: 210_000_000,
    devices: [{ name: "fake" }],
    refusedDevices: [{ name: "absent", reason: "It is not here." }],
  });
  expect(models).toEqual([{ id: "horse2zebra", task: "TRANSLATION", family: "CYCLEGAN", state: "READY", downloadProgress: null }]);
  expect(model).toMatchObject({ id: "vgg19", task: "FEATURES" });
});

test("sessions are found by model and by an image that they used; an image lists its sessions too", async () => {
  const { client, imageId } = running;
  const other = await client.upload(
    await sharp({ create: { width: 64, height: 64, channels: 3, background: "plum" } })
      .png()
      .toBuffer(),
  );
  const styled = await startSession(running, { styles: [{ imageId: other }] });
  expect(await listed({ filter: { styleImageId: other } })).toEqual([styled]);
  expect(await listed({ filter: { imageId: other } })).toEqual([styled]);
  expect(await listed({ filter: { imageId } })).toEqual([styled, ...ids]);
  expect(await listed({ filter: { styleImageId: imageId } })).toEqual(ids);
  const { session } = await client.query("query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { settings { model } } } }", {
    id: styled,
  });
  expect(await listed({ filter: { model: session.settings.model } })).toEqual([styled, ...ids]);
  expect(await listed({ filter: { model: "another" } })).toEqual([]);
  expect(await running.client.refusal(SESSIONS, { filter: { model: "no id!" } })).toMatchObject({
    code: "BAD_INPUT",
    field: "filter.model",
  });
  const used = "query ($id: ID!) { image(id: $id) { sessions(first: 2) { totalCount edges { node { id } } } } }";
  expect((await client.query(used, { id: imageId })).image.sessions).toMatchObject({
    totalCount: 6,
    edges: [{ node: { id: styled } }, {}],
  });
});

test("pictures are listed newest first, and a picture that no session uses can be deleted", async () => {
  const { client } = running;
  const picture = async (background: string) =>
    client.upload(
      await sharp({ create: { width: 20, height: 20, channels: 3, background } })
        .png()
        .toBuffer(),
    );
  const [older, newer] = [await picture("#123456"), await picture("#654321")];
  const list = "query ($after: String) { images(first: 1, after: $after) { edges { cursor node { id url } } pageInfo { hasNextPage } } }";
  const { images } = await client.query(list);
  expect(images.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([newer]);
  const next = await client.query(list, { after: images.edges[0].cursor });
  expect(next.images.edges[0].node).toEqual({ id: older, url: `/images/${older}` });
  expect(await client.refusal("{ images(first: 0) { totalCount } }")).toMatchObject({ code: "BAD_INPUT", field: "first" });

  const remove = "mutation ($id: ID!) { deleteImage(id: $id) }";
  await startSession(running, { contentId: older, styles: [{ imageId: older }] });
  expect(await client.refusal(remove, { id: older })).toMatchObject({ code: "CONFLICT", field: "id" });
  expect(await client.query(remove, { id: newer })).toEqual({ deleteImage: newer });
  expect((await fetch(`${running.address}/images/${newer}`)).status).toBe(404);
  expect(await client.refusal(remove, { id: newer })).toMatchObject({ code: "NOT_FOUND", field: "id" });
});
