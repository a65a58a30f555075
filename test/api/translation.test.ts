import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { styleTransferLimits } from "../../server/records/settings.js";
import { aTranslation } from "../contracts/records.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";
import { until } from "../helpers/until.js";

const START = `mutation ($input: TranslationInput!) {
  startTranslation(input: $input) {
    id kind status title queuePosition startedAt finishedAt device error { code } latestFrame { step } frames { totalCount }
    framesTranslated framesDropped model { id family state size minSize } source { id url width height mimeType }
  }
}`;

let running: RunningApp;

beforeAll(async () => {
  running = await startApp();
});

afterEach(() => expect(running.faults).toEqual([]));

afterAll(() => running.close());

const valid = () => ({ model: "horse2zebra", imageId: running.imageId });

async function start(changes: Record<string, unknown> = {}) {
  const { startTranslation } = await running.client.query(START, { input: { ...valid(), ...changes } });
  return startTranslation;
}

/** Starts a translation and runs it to its end, as a host does. */
async function translated(title: string): Promise<string> {
  const { id } = await start({ title });
  for (;;) {
    const claimed = await running.host.claim();
    await running.host.paint(claimed, 0);
    await running.host.end(claimed, "COMPLETED");
    if (claimed === id) return id;
  }
}

const settings = async (id: string) => {
  const session = await running.storage.sessions.find(id);
  return session?.settings;
};

describe("startTranslation", () => {
  test("queues a translation with the model's native size", async () => {
    const session = await start({ title: "  Zebras ", size: null });
    expect(session).toMatchObject({
      kind: "TRANSLATION",
      status: "QUEUED",
      title: "Zebras",
      queuePosition: 1,
      startedAt: null,
      device: null,
      error: null,
      latestFrame: null,
      frames: { totalCount: 0 },
      framesTranslated: 0,
      framesDropped: 0,
      model: { id: "horse2zebra", family: "CYCLEGAN", state: "READY", size: 256, minSize: 32 },
      source: { id: running.imageId, url: `/images/${running.imageId}`, width: 64, height: 48, mimeType: "image/png" },
    });
    expect(await settings(session.id)).toEqual({ model: "horse2zebra", family: "CYCLEGAN", size: 256, output: null });
  });

  test.each([32, 500, 2048])("accepts %i px", async (size) => {
    expect(await settings((await start({ size })).id)).toMatchObject({ size });
  });

  test.each([
    ["an unknown model", { model: "zebra2horse" }, "NOT_FOUND", "input.model"],
    ["a model that leaves its folder", { model: "../horse2zebra" }, "BAD_INPUT", "input.model"],
    ["a feature network", { model: "vgg19" }, "BAD_INPUT", "input.model"],
    ["an unknown image", { imageId: "nothing-here" }, "NOT_FOUND", "input.imageId"],
    ["an image that is not an id", { imageId: "../../etc/passwd" }, "NOT_FOUND", "input.imageId"],
    ["an empty id", { imageId: "" }, "NOT_FOUND", "input.imageId"],
    ["a size below the smallest of the model", { size: 31 }, "BAD_INPUT", "input.size"],
    ["a size too large", { size: 2049 }, "BAD_INPUT", "input.size"],
    ["a negative size", { size: -256 }, "BAD_INPUT", "input.size"],
    ["a title too long", { title: "x".repeat(styleTransferLimits.maxTitleLength + 1) }, "BAD_INPUT", "input.title"],
  ])("refuses %s before work starts", async (_name, change, code, field) => {
    const before = await running.client.query("{ sessions { totalCount } }");
    expect(await running.client.refusal(START, { input: { ...valid(), ...change } })).toMatchObject({ code, field });
    expect(await running.client.query("{ sessions { totalCount } }")).toEqual(before);
  });

  test("starts a live translation without a picture", async () => {
    expect(await start({ imageId: null })).toMatchObject({ kind: "TRANSLATION", status: "QUEUED", source: null });
  });

  test("gives the limits of the size", async () => {
    expect(await running.client.refusal(START, { input: { ...valid(), size: 1e6 } })).toMatchObject({ limit: "32..2048" });
  });

  test("refuses a size that is not a whole number, and a missing input", async () => {
    expect(await running.client.refusal(START, { input: { ...valid(), size: 256.5 } })).toMatchObject({ code: "BAD_INPUT" });
    expect(await running.client.refusal(START)).toMatchObject({ code: "BAD_INPUT" });
  });

  test("refuses a model that cannot be used, and says why", async () => {
    running.models.change("horse2zebra", { state: "FAILED", failure: "Its file is damaged." });
    const { errors } = await running.client.send(START, { input: valid() });
    running.models.change("horse2zebra", { state: "READY", failure: null });
    expect(errors).toMatchObject([{ message: "Its file is damaged.", extensions: { code: "UNAVAILABLE", field: "input.model" } }]);
  });

  test("accepts a model that must be downloaded first", async () => {
    running.models.change("horse2zebra", { state: "AVAILABLE" });
    expect(await start()).toMatchObject({ status: "QUEUED", model: { state: "AVAILABLE" } });
    running.models.change("horse2zebra", { state: "READY" });
  });

  test("with little memory, live pictures are small, and a single picture may have any size", async () => {
    const small = await startApp({ memoryBytes: 0.8e9 });
    const { server } = await small.client.query("{ server { maxSize } }");
    expect(server.maxSize).toBeLessThan(256);
    const sizeOf = async (input: Record<string, unknown>) => {
      const { startTranslation } = await small.client.query(START, { input: { model: "horse2zebra", ...input } });
      return (await small.storage.sessions.find(startTranslation.id))?.settings.size;
    };
    expect(await sizeOf({})).toBe(server.maxSize);
    expect(await sizeOf({ imageId: small.imageId })).toBe(256);
    expect(await sizeOf({ imageId: small.imageId, size: 2048 })).toBe(2048);
    const live = { model: "horse2zebra", size: server.maxSize + 1 };
    expect(await small.client.refusal(START, { input: live })).toMatchObject({ code: "BAD_INPUT", field: "input.size" });
    await small.close();
  });
});

describe("a translation in history", () => {
  test("is listed with its result among sessions of both kinds", async () => {
    const [translation, painting] = [await translated("Kinds"), await startSession(running, { title: "Kinds" })];
    const list = async (kind: string | null) => {
      const { sessions } = await running.client.query(
        `query ($filter: SessionFilter) { sessions(filter: $filter) { edges { node {
          __typename id status latestFrame { step url }
          ... on TranslationSession { framesTranslated framesDropped model { title } source { id } }
          ... on StyleTransferSession { step content { id } }
        } } } }`,
        { filter: { kind, titleContains: "Kinds" } },
      );
      return sessions.edges.map(({ node }: { node: unknown }) => node);
    };
    const shownTranslation = {
      __typename: "TranslationSession",
      id: translation,
      status: "COMPLETED",
      latestFrame: { step: 0, url: `/frames/${translation}/0` },
      framesTranslated: 1,
      framesDropped: 0,
      model: { title: "A model" },
      source: { id: running.imageId },
    };
    const shownPainting = {
      __typename: "StyleTransferSession",
      id: painting,
      status: "QUEUED",
      step: -1,
      content: { id: running.imageId },
    };
    expect(await list(null)).toMatchObject([shownPainting, shownTranslation]);
    expect(await list("TRANSLATION")).toMatchObject([shownTranslation]);
    expect(await list("STYLE_TRANSFER")).toMatchObject([shownPainting]);
  });

  test("stays readable without its model", async () => {
    const gone = aTranslation(running.imageId, {
      title: "Gone",
      settings: { model: "gone-gan", family: "PIX2PIX", size: 300, output: null },
    });
    await running.storage.sessions.insert(gone);
    const { sessions } = await running.client.query(
      `{ sessions(filter: { titleContains: "Gone" }) { edges { node { ... on TranslationSession {
        model { id title task family state size parameters bytes licence source failure } } } } } }`,
    );
    const model = { id: "gone-gan", task: "TRANSLATION", family: "PIX2PIX", state: "FAILED", failure: expect.any(String) };
    expect(sessions.edges[0].node.model).toMatchObject(model);
  });

  test("may have no source picture", async () => {
    const live = aTranslation(null, { framesTranslated: 40, framesDropped: 2 });
    await running.storage.sessions.insert(live);
    const { session } = await running.client.query(
      "query ($id: ID!) { session(id: $id) { ... on TranslationSession { source { id } framesTranslated framesDropped } } }",
      { id: live.id },
    );
    expect(session).toEqual({ source: null, framesTranslated: 40, framesDropped: 2 });
  });

  test("can be renamed and deleted, and its source stays", async () => {
    const id = await translated("Before");
    const { renameSession } = await running.client.query(
      'mutation ($id: ID!) { renameSession(sessionId: $id, title: "After") { __typename title } }',
      {
        id,
      },
    );
    expect(renameSession).toEqual({ __typename: "TranslationSession", title: "After" });
    await running.client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id });
    expect(await running.client.query("query ($id: ID!) { session(id: $id) { id } }", { id })).toEqual({ session: null });
    expect((await fetch(`${running.address}/frames/${id}/0`)).status).toBe(404);
    expect((await fetch(`${running.address}/images/${running.imageId}`)).status).toBe(200);
  });
});

describe("watching a translation", () => {
  const WATCH = `subscription ($id: ID!) { session(id: $id) {
    __typename ... on Frame { step losses { total } } ... on SessionChange { session { status ... on TranslationSession { framesTranslated } } }
  } }`;

  test("follows it from queued to completed", async () => {
    await emptyQueue();
    const { id } = await start();
    const events = running.client.collect(WATCH, { id });
    await running.host.claim();
    await running.host.paint(id, 0);
    await running.host.end(id, "COMPLETED");
    expect((await events).at(-1)).toMatchObject({ session: { session: { status: "COMPLETED", framesTranslated: 1 } } });
  });

  test("shows that it is cancelled, while it is queued and while it runs", async () => {
    await emptyQueue();
    const [waiting, ran] = [await start(), await start()];
    const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { __typename status } }";
    const cancelled = { cancelSession: { __typename: "TranslationSession", status: "CANCELLED" } };
    expect(await running.client.query(CANCEL, { id: waiting.id })).toEqual(cancelled);
    expect(await running.host.claim()).toBe(ran.id);
    expect(await running.client.query(CANCEL, { id: ran.id })).toEqual(cancelled);
    expect(await running.client.refusal(CANCEL, { id: ran.id })).toMatchObject({ code: "CONFLICT" });
  });

  test("shows it in galleries", async () => {
    const events = running.client.subscribe("subscription { sessions(filter: { kind: TRANSLATION }) { __typename id status } }");
    const before = running.galleries;
    const next = events.next();
    await until(() => running.galleries > before);
    await start();
    const answer = (await next).value.data.sessions;
    expect(answer).toMatchObject({ __typename: "TranslationSession", status: "QUEUED" });
    await events.return?.();
  });
});

/** Cancels the sessions that other tests left in the queue. */
async function emptyQueue(): Promise<void> {
  const { rows } = await running.storage.sessions.list({ first: 100, after: null }, { status: ["QUEUED"] });
  for (const { id } of rows) await running.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
}
