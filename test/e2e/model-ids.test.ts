import { randomUUID } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbeddedStorage } from "../../server/storage/embedded/open.js";
import { anImage, aSession, aTranslation } from "../contracts/records.js";
import { newDataFolder } from "../helpers/data-folder.js";
import { mirrorWithInverter } from "../helpers/generator-mirror.js";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { pngPicture } from "../helpers/pictures.js";
import { ServerProcess } from "../helpers/server.js";

/** A data folder whose sessions stored the ids of their models in the former form, and a server that begins with it. */
let mirror: Awaited<ReturnType<typeof mirrorWithInverter>>;
let folder: string;
let server: ServerProcess;
let client: GraphqlClient;
const image = anImage();
const translation = aTranslation(image.id, { settings: { model: "neg-ative", family: "CYCLEGAN", size: 64, output: null } });
const base = aSession(image.id);
const settings = { ...base.settings, contentLayers: [{ layer: "conv1_1", weight: 1 }], steps: 4, model: "lite-copy" };
const painting = aSession(image.id, { status: "PAUSED", settings });

beforeAll(async () => {
  mirror = await mirrorWithInverter(["neg_ative", "two_ways", "two-ways"]);
  await mkdir(join(mirror.folder, "neg_ative", "reference"));
  await writeFile(join(mirror.folder, "neg_ative", "reference", "output.png"), "a picture");
  const copied = join(mirror.folder, "lite_copy");
  await cp(join("models", "bundled", "vgg19-lite"), copied, { recursive: true });
  const card: object = JSON.parse(await readFile(join(copied, "card.json"), "utf8"));
  await writeFile(join(copied, "card.json"), JSON.stringify({ ...card, id: "lite_copy" }));
  folder = await newDataFolder();
  const storage = await openEmbeddedStorage(folder);
  const { bytes } = await pngPicture(image.width, image.height);
  await storage.images.insert({ ...image, digest: await storage.blobs.put(bytes), byteLength: bytes.byteLength });
  for (const session of [translation, painting]) await storage.sessions.insert(session);
  await storage.close();
  server = new ServerProcess({ ATELIER_DATA: folder, ATELIER_DEVICE: "cpu", ATELIER_MODEL_MIRROR: mirror.folder });
  client = await server.client();
});

afterAll(async () => {
  await client?.close();
  await server?.end();
  await mirror.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Waits until a session has ended; returns its status. */
async function ended(id: string): Promise<string> {
  const watch = "subscription ($id: ID!) { session(id: $id) { ... on SessionChange { session { status error { message } } } } }";
  const seen = await client.collect(watch, { id });
  return seen.flatMap(({ session }) => session.session ?? []).at(-1).status;
}

const START = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id model { id } } }";

test("a model's id is the name of its folder, and the one with hyphens wins where both are there", async () => {
  const { models } = await client.query("{ models { id } }");
  expect(models.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(["lite_copy", "neg_ative", "two-ways", "two_ways"]));
  const { a, b, c } = await client.query(
    `{ a: model(id: "two-ways") { id } b: model(id: "two_ways") { id } c: model(id: "neg-ative") { id } }`,
  );
  expect([a.id, b.id, c.id]).toEqual(["two-ways", "two_ways", "neg_ative"]);
});

test("a stored translation runs with the model that it named by its former id", async () => {
  expect(await ended(translation.id)).toBe("COMPLETED");
  const query = "query ($id: ID!) { session(id: $id) { ... on TranslationSession { model { id title state preview } } } }";
  const { session } = await client.query(query, { id: translation.id });
  expect(session.model).toEqual({ id: "neg_ative", title: "Negative", state: "READY", preview: "/models/neg_ative/preview" });
});

test("a stored painting can be steered, resumed, branched, and started again from its trace", async () => {
  const id = painting.id;
  await client.query('mutation ($id: ID!) { steer(sessionId: $id, changes: { styleLayers: [{ layer: "conv2_1", weight: 1 }] }) { id } }', {
    id,
  });
  await client.query("mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }", { id });
  expect(await ended(id)).toBe("COMPLETED");
  const branch = "mutation ($id: ID!) { branchSession(sessionId: $id, step: 2, changes: { beta: 50 }) { id } }";
  expect(await ended((await client.query(branch, { id })).branchSession.id)).toBe("COMPLETED");
  const trace = await (await fetch(`${client.address}/sessions/${id}/trace.json`)).text();
  const again = await client.query("mutation ($trace: String!) { importTrace(trace: $trace) { id settings { model } } }", { trace });
  expect(again.importTrace.settings.model).toBe("lite_copy");
  expect(await ended(again.importTrace.id)).toBe("COMPLETED");
});

test("the former id also starts sessions, filters them, finds the model's pictures and checks it again", async () => {
  const { startTranslation } = await client.query(START, { input: { model: "neg-ative", imageId: image.id } });
  expect(startTranslation.model.id).toBe("neg_ative");
  expect(await ended(startTranslation.id)).toBe("COMPLETED");
  for (const model of ["neg-ative", "neg_ative"]) {
    const { sessions } = await client.query("query ($model: ID!) { sessions(filter: { model: $model }) { edges { node { id } } } }", {
      model,
    });
    expect(sessions.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([startTranslation.id, translation.id]);
    expect((await fetch(`${client.address}/models/${model}/preview`)).status).toBe(200);
    const { downloadModel } = await client.query("mutation ($id: ID!) { downloadModel(id: $id) { id state } }", { id: model });
    expect(downloadModel).toEqual({ id: "neg_ative", state: "READY" });
  }
  const unknown = { input: { model: `neg-${randomUUID()}`, imageId: image.id } };
  expect(await client.refusal(START, unknown)).toMatchObject({ code: "NOT_FOUND", field: "input.model" });
});
