import { randomUUID } from "node:crypto";
import { getNamedType, isInterfaceType, isLeafType, isListType, isNonNullType, isObjectType } from "graphql";
import { expect, test, vi } from "vitest";
import type { ApiContext } from "../../server/api/context.js";
import { entryOf, lengthArguments, listLengths } from "../../server/api/field-costs.js";
import { apiLimits } from "../../server/api/limits.js";
import { operationContext } from "../../server/api/operation.js";
import { buildApiSchema } from "../../server/api/schema.js";
import { limitTable } from "../../server/limits/table.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { appOfFile } from "../helpers/app.js";
import { until } from "../helpers/until.js";

const running = appOfFile();

/** Stores paintings that have ended; each gets `changes` changes. */
async function store(count: number, changes = 0, parentId: string | null = null): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const planned = Array.from({ length: changes }, (_, step) => ({ step, settings: { beta: step }, styles: null }));
  for (const id of ids) {
    await running.storage.sessions.insert(aSession(running.imageId, { id, status: "COMPLETED", parentId }), planned);
  }
  return ids;
}

/** Lists whose entries are counted in another way: edges by the arguments of their connection, changes when they are read. */
const countedElsewhere = /Connection\.edges$|^StyleTransferSession\.changes$/;

test("every list of objects has a length or an argument that limits it", () => {
  const unlimited = Object.values(buildApiSchema().getTypeMap()).flatMap((type) => {
    if (type.name.startsWith("__") || !(isObjectType(type) || isInterfaceType(type))) return [];
    return Object.values(type.getFields()).flatMap(({ name, args, type: returned }) => {
      const nullable = isNonNullType(returned) ? returned.ofType : returned;
      const isList = isListType(nullable) && !isLeafType(getNamedType(nullable));
      const limited = entryOf(listLengths, type, name) !== undefined || args.some((argument) => argument.name in lengthArguments);
      return isList && !limited && !countedElsewhere.test(`${type.name}.${name}`) ? [`${type.name}.${name}`] : [];
    });
  });
  expect(unlimited).toEqual([]);
});

test.each([
  ["branches of parents of branches", "branches { parent { branches { parent { branches { id } } } } }"],
  [
    "sessions of the pictures of sessions",
    "content { sessions(first: 100) { edges { node { ... on StyleTransferSession { content { sessions(first: 100) { totalCount } } styles { image { sessions(first: 100) { edges { node { id } } } } } } } } } }",
  ],
])("%s are refused", async (_what, fields) => {
  const refusal = await running.client.refusal(`{ session(id: "x") { ... on StyleTransferSession { ${fields} } } }`);
  expect(refusal).toMatchObject({ code: "LIMIT", limit: apiLimits.maxCost });
});

test("branches are listed in pages", async () => {
  const [parent = ""] = await store(1);
  const branches = await store(4, 0, parent);
  const page = async (list: string) => {
    const { session } = await running.client.query(`{ session(id: "${parent}") { ... on StyleTransferSession { ${list} { id } } } }`);
    return session.branches.map(({ id }: { id: string }) => id);
  };
  expect(await page("branches")).toEqual(branches);
  expect(await page("branches(first: 2, skip: 1)")).toEqual(branches.slice(1, 3));
});

test("a few queries read everything that a page of sessions refers to", async () => {
  const [parent = null] = await store(1, 3);
  await store(20, 3, parent);
  const { sessions, images, frames, changes } = running.storage;
  const spies = [
    ...[vi.spyOn(sessions, "find"), vi.spyOn(sessions, "findAll"), vi.spyOn(sessions, "branches"), vi.spyOn(sessions, "list")],
    ...[vi.spyOn(images, "find"), vi.spyOn(images, "findAll"), vi.spyOn(frames, "latest"), vi.spyOn(frames, "latestOf")],
    ...[vi.spyOn(changes, "list"), vi.spyOn(changes, "listAll"), vi.spyOn(changes, "counts")],
  ];
  const fields = "content { id } styles { image { id } } initialStyles { image { id } } parent { id } branches { id } changes { step }";
  const { sessions: page } = await running.client.query(
    `{ sessions(first: 20) { edges { node { latestFrame { step } ... on StyleTransferSession { ${fields} } } } } }`,
  );
  expect(page.edges).toHaveLength(20);
  expect(page.edges[0].node).toMatchObject({ parent: { id: parent }, changes: [{ step: 0 }, { step: 1 }, { step: 2 }] });
  const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  for (const spy of spies) spy.mockRestore();
  expect(calls).toBeLessThan(15);
});

test("pages of frames and loss curves of several sessions are read together, and counted only on request", async () => {
  const ids = await store(8);
  for (const id of ids) for (let step = 0; step < 3; step++) await running.storage.frames.insert(aFrame(id, step));
  const { sessions, frames } = running.storage;
  const read = async (fields: string) => {
    const spies = {
      ...{ list: vi.spyOn(frames, "list"), listOf: vi.spyOn(frames, "listOf"), countOf: vi.spyOn(frames, "countOf") },
      ...{ lossesOf: vi.spyOn(frames, "lossesOf"), count: vi.spyOn(sessions, "count") },
    };
    const { sessions: page } = await running.client.query(`{ sessions(first: 8) { ${fields} } }`);
    const calls: Record<string, number> = {};
    for (const [name, spy] of Object.entries(spies)) {
      if (spy.mock.calls.length > 0) calls[name] = spy.mock.calls.length;
      spy.mockRestore();
    }
    return { page, calls };
  };
  const node = (fields: string) => `edges { node { id ${fields} } }`;

  const plain = await read(node("frames(first: 2) { edges { node { step } } pageInfo { hasNextPage } }"));
  expect(plain.page.edges.map((edge: { node: { id: string } }) => edge.node.id).toSorted()).toEqual(ids.toSorted());
  const expected = { edges: [{ node: { step: 0 } }, { node: { step: 1 } }], pageInfo: { hasNextPage: true } };
  for (const edge of plain.page.edges) expect(edge.node.frames).toEqual(expected);
  expect(plain.calls).toEqual({ listOf: 1 });

  const counted = await read(`totalCount ${node("frames(first: 2) { totalCount } late: frames(fromStep: 2) { totalCount }")}`);
  expect(counted.page.totalCount).toBeGreaterThanOrEqual(8);
  for (const edge of counted.page.edges) expect(edge.node).toMatchObject({ frames: { totalCount: 3 }, late: { totalCount: 1 } });
  expect(counted.calls).toEqual({ listOf: 2, countOf: 2, count: 1 });

  const curves = await read(node("... on StyleTransferSession { losses(points: 2) { step total } }"));
  for (const edge of curves.page.edges) expect(edge.node.losses).toMatchObject([{ step: 0, total: 100 }, { step: 2 }]);
  // A curve may be made from thousands of frames, so one query reads four.
  expect(curves.calls).toEqual({ lossesOf: 2 });
});

test("sessions of several pictures are read together, each page as if alone", async () => {
  const { images, sessions } = running.storage;
  const [used, alone] = [await images.insert(anImage()), await images.insert(anImage())];
  const ids = [];
  for (let index = 0; index < 4; index++) {
    // The same picture as content and as style counts once.
    const session = aSession(used.id, { status: "COMPLETED", createdAt: new Date(2040, index) });
    await sessions.insert(session);
    ids.unshift(session.id);
  }
  const spies = [
    vi.spyOn(sessions, "list"),
    vi.spyOn(sessions, "listUsing"),
    vi.spyOn(sessions, "count"),
    vi.spyOn(sessions, "countUsing"),
  ];
  const list = async (first: number, after: string | null) => {
    const query = `query ($after: String) {
      images(first: 20) { edges { node { id sessions(first: ${first}, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } } } }
    }`;
    const { images: page } = await running.client.query(query, { after });
    const of = (id: string) => page.edges.find((edge: { node: { id: string } }) => edge.node.id === id).node.sessions;
    return { used: of(used.id), alone: of(alone.id) };
  };
  const idsOf = (page: { edges: { node: { id: string } }[] }) => page.edges.map(({ node }) => node.id);
  const first = await list(3, null);
  expect([idsOf(first.used), first.used.totalCount, first.used.pageInfo.hasNextPage]).toEqual([ids.slice(0, 3), 4, true]);
  expect(first.alone).toMatchObject({ totalCount: 0, edges: [], pageInfo: { hasNextPage: false } });
  const second = await list(3, first.used.pageInfo.endCursor);
  expect([idsOf(second.used), second.used.pageInfo.hasNextPage]).toEqual([ids.slice(3), false]);
  expect(spies.map((spy) => spy.mock.calls.length)).toEqual([0, 2, 0, 2]);
  for (const spy of spies) spy.mockRestore();
});

test("the cost of changes grows with their number, in fragments too", async () => {
  const [id] = await store(1, 5000);
  const fields = Array.from({ length: 8 }, (_, index) => `a${index}: changes { ...parts }`).join(" ");
  const parts = "fragment parts on SettingsChange { step createdAt alpha beta gamma }";
  const refusal = await running.client.refusal(`{ session(id: "${id}") { ... on StyleTransferSession { ${fields} } } } ${parts}`);
  expect(refusal).toMatchObject({ code: "LIMIT", limit: apiLimits.maxCost });
  const { session } = await running.client.query(`{ session(id: "${id}") { ... on StyleTransferSession { changes { step } } } }`);
  expect(session.changes).toHaveLength(5000);
});

test("the pictures of an answer have bounded bytes", async () => {
  const [id] = await store(1);
  const large = Buffer.alloc(4_000_000, 7);
  const digest = await running.storage.blobs.put(large);
  await running.storage.frames.insert(aFrame(id!, 0, { digest, byteLength: large.byteLength }));
  const several = (count: number) =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: frame(sessionId: "${id}", step: 0) { data }`).join(" ")} }`;
  expect((await running.client.query(several(2))).a1.data).toHaveLength(Math.ceil(large.byteLength / 3) * 4);
  expect(await running.client.refusal(several(9))).toMatchObject({ code: "LIMIT", max: apiLimits.maxDataBytes, unit: "bytes" });
});

test("an operation stops reading when its time is up", async () => {
  const { sessions } = operationContext({ storage: running.storage } as ApiContext, () => false).storage;
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => {
    now += apiLimits.maxReadMs;
    return now;
  });
  await sessions.find("x");
  clock.mockRestore();
  await expect(sessions.find("x")).rejects.toMatchObject({ code: "LIMIT", detail: { limit: apiLimits.maxReadMs } });
});

test("an operation stops reading when its client has gone", async () => {
  const list = vi.spyOn(running.storage.sessions, "list");
  const began = new Promise<void>((resolve) => {
    list.mockImplementationOnce(async () => {
      resolve();
      await until(() => aborted.signal.aborted && closed);
      return { rows: [], hasNextPage: false };
    });
  });
  const aborted = new AbortController();
  let closed = false;
  const query = `{ ${Array.from({ length: 50 }, (_, index) => `a${index}: sessions { totalCount }`).join(" ")} }`;
  const sent = fetch(`${running.address}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query }),
    signal: aborted.signal,
  });
  await began;
  aborted.abort();
  await expect(sent).rejects.toThrow();
  // Another request is answered after the server has seen that the first connection is closed.
  await running.client.query("{ server { version } }");
  closed = true;
  await running.client.query("{ sessions { totalCount } }");
  expect(list.mock.calls.length).toBeLessThan(10);
  list.mockRestore();
});

test("an answer reports what its operation costs, over HTTP and WebSocket", async () => {
  const { client } = running;
  const query = "{ sessions(first: 10) { edges { node { id } } } }";
  const answer = (await client.send(query)) as { extensions?: { cost?: { asked: number; limit: number } } };
  expect(answer.extensions?.cost?.limit).toBe(limitTable.cost.value);
  expect(answer.extensions?.cost?.asked).toBeGreaterThan(20);
  const { value } = await client.subscribe(query).next();
  expect(value).toMatchObject({ extensions: answer.extensions });
});
