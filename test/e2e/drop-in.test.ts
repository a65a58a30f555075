import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { badFiles, dropIn, negative, sha256Of, shortCard } from "../helpers/drop-in.js";
import { modelMirror } from "../helpers/server.js";
import { ServerFixture } from "../helpers/server-fixture.js";
import { noteSkipped } from "../helpers/skipped.js";
import { describeStudio } from "../helpers/studio.js";

const START = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";
const SEND = "mutation ($input: FrameInput!) { sendFrame(input: $input) { step status credit } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const SESSION = "query ($id: ID!) { session(id: $id) { status latestFrame { step url } error { code message } } }";
const MODELS = "subscription { models { id title state failure takes removed } }";

/** One event of the subscription to models. */
interface Told {
  id: string;
  state: string;
  failure: string | null;
  takes: string | null;
  removed: boolean;
}

const server = new ServerFixture();
let dropped: string;
/** All events so far, the oldest first. */
const told: Told[] = [];

beforeAll(async () => {
  dropped = join(server.folder, "models");
  const events = server.client.subscribe(MODELS);
  void (async () => {
    for await (const { data: event } of events) told.push(event.models);
  })();
  // The answer to a later operation on the same socket says that the subscription has begun.
  await server.client.subscribe("{ server { version } }").next();
});

/** Waits until the newest event about a model is as expected, and returns it. */
async function hears(id: string, expected: Partial<Told>): Promise<Told> {
  await expect.poll(() => told.findLast((model) => model.id === id)).toMatchObject(expected);
  return told.findLast((model) => model.id === id) as Told;
}

const listed = async () => (await server.client.query("{ models { id } }")).models.map(({ id }: { id: string }) => id);

/** Translates a picture and returns the result's bytes. */
async function translate(model: string, picture: Uint8Array, size: number): Promise<Buffer> {
  const { startTranslation } = await server.client.query(START, { input: { model, size, imageId: await server.client.upload(picture) } });
  await expect
    .poll(async () => (await server.client.query(SESSION, { id: startTranslation.id })).session)
    .toMatchObject({ status: "COMPLETED", error: null });
  const { session } = await server.client.query(SESSION, { id: startTranslation.id });
  return Buffer.from(await (await fetch(`${server.address}${session.latestFrame.url}`)).arrayBuffer());
}

const plain = (background: string) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer();

test("the model of a copied folder translates pictures and frames, and disappears with its folder", async () => {
  const path = await dropIn(dropped, "negative");
  await hears("negative", { state: "READY", takes: "PHOTO", failure: null, removed: false });
  expect(await listed()).toContain("negative");
  const result = await translate("negative", await plain("#ff8000"), 64);
  const [red, green, blue] = await sharp(result).removeAlpha().raw().toBuffer();
  expect([red, green, blue]).toEqual([0, 127, 255]);

  const { startTranslation: live } = await server.client.query(START, { input: { model: "negative", size: 64 } });
  const send = async (step: number) => {
    const frame = (await plain("#ff8000")).toString("base64");
    expect((await server.client.query(SEND, { input: { sessionId: live.id, step, data: frame } })).sendFrame.status).toBe("ACCEPTED");
    await expect.poll(async () => (await server.client.query(SESSION, { id: live.id })).session.latestFrame?.step).toBe(step);
  };
  await send(1);
  await rm(path, { recursive: true });
  await hears("negative", { removed: true });
  expect(await listed()).not.toContain("negative");
  // A session that has opened it goes on with what it opened; a new one finds none.
  await send(2);
  expect((await server.client.query(CANCEL, { id: live.id })).cancelSession.status).toBe("CANCELLED");
  expect(await server.client.refusal(START, { input: { model: "negative", size: 64 } })).toMatchObject({ code: "NOT_FOUND" });
});

describe("a folder of the mirror", () => {
  const mirror = modelMirror();
  const folders = ["fast-style-rain_princess", "pix2pix-edges2shoes"];
  const areHere = mirror !== null && folders.every((name) => existsSync(join(mirror, name)));
  if (!areHere) noteSkipped("There is no mirror with the public generators; set ATELIER_MODEL_MIRROR to one.");

  test.skipIf(!areHere).each(folders)("reproduces its reference when it is copied unchanged: %s", async (name) => {
    const source = join(mirror ?? "", name);
    await cp(source, join(dropped, name), { recursive: true });
    const id = name;
    await hears(id, { state: "READY", takes: name.includes("edges") ? "LINE_DRAWING" : "PHOTO" });
    const { reference } = JSON.parse(await readFile(join(source, "card.json"), "utf8"));
    const result = await translate(id, await readFile(join(source, reference.input)), 256);
    const expected = await sharp(join(source, reference.output)).removeAlpha().raw().toBuffer();
    const found = await sharp(result).removeAlpha().raw().toBuffer();
    expect(found.length).toBe(expected.length);
    const error = found.reduce((sum, value, place) => sum + Math.abs(value - (expected[place] ?? 0)), 0) / found.length;
    expect(error).toBeLessThan(2);
    await rm(join(dropped, name), { recursive: true });
    await expect.poll(listed).not.toContain(id);
  });
});

describeStudio("in the studio", { server }, (studio) => {
  test("a dropped model appears and disappears on the open page; a bad one is listed with the reason", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/translate");
    const translators = page.getByRole("radiogroup", { name: "Translator" });
    await translators.getByRole("radio").first().waitFor({ state: "attached" });
    const good = await dropIn(dropped, "seen", negative, shortCard("seen", { title: "Seen: the negative", takes: "line-drawing" }));
    await translators.getByRole("radio", { name: "Seen", exact: true }).check({ force: true });
    await page.getByText("Needs a drawing: dark lines on a light background.").waitFor();
    const bad = await dropIn(dropped, "unseen", badFiles.sixChannels, shortCard("unseen", { title: "Unseen" }));
    await translators.getByText(/1 x 6 x \? x \?/).waitFor();
    await Promise.all([good, bad].map((path) => rm(path, { recursive: true })));
    for (const name of ["Seen", "Unseen"]) {
      await translators.getByRole("radio", { name, exact: true }).waitFor({ state: "detached" });
    }
    expect(complaints).toEqual([]);
  });
});

test("unusable folders are listed with the reason", async () => {
  const cases: [string, RegExp, Promise<unknown>][] = [
    ["no-card", /no card\.json/, dropIn(dropped, "no-card", negative, null)],
    ["no-json", /not JSON/, dropIn(dropped, "no-json").then((path) => writeFile(join(path, "card.json"), "{"))],
    ["wrong-sum", /checksum differs/, dropIn(dropped, "wrong-sum", negative, shortCard("wrong-sum", { sha256: "0".repeat(64) }))],
    ["expression", /from_uint8/, dropIn(dropped, "expression", negative, shortCard("expression", {}, { from_uint8: "process.exit()" }))],
    ["external", /external data/, dropIn(dropped, "external", badFiles.externalData)],
    ["six-channels", /1 x 6 x/, dropIn(dropped, "six-channels", badFiles.sixChannels)],
    ["half-size", /returned \[1, 3,/, dropIn(dropped, "half-size", badFiles.halfTheSize)],
    ["not-a-number", /no colours/, dropIn(dropped, "not-a-number", badFiles.notANumber)],
    ["throwing", /Reshape/, dropIn(dropped, "throwing", badFiles.throwing)],
  ];
  await Promise.all(cases.map(([, , written]) => written));
  for (const [id, reason] of cases) {
    const { failure } = await hears(id, { state: "FAILED", failure: expect.stringMatching(reason) });
    expect(failure).not.toContain(server.folder);
    expect(await server.client.refusal(START, { input: { model: id } })).toMatchObject({ code: "UNAVAILABLE", field: "input.model" });
  }
  expect((await fetch(`${server.address}/healthz`)).status).toBe(200);
  for (const [id] of cases) await rm(join(dropped, id), { recursive: true });
  await expect.poll(async () => (await listed()).filter((id: string) => cases.some(([name]) => name === id))).toEqual([]);
});

test("a repaired folder is accepted", async () => {
  const path = await dropIn(dropped, "mended", negative.subarray(0, 40));
  await hears("mended", { state: "FAILED" });
  await mkdir(join(server.folder, "aside"));
  await writeFile(join(server.folder, "aside", "net.onnx"), negative);
  await rename(join(server.folder, "aside", "net.onnx"), join(path, "net.onnx"));
  await hears("mended", { state: "READY", failure: null });
});

test("after a restart it is listed from the beginning, with its checksum", async () => {
  expect(await server.stop()).toBe(0);
  await server.start();
  expect((await server.client.query(`{ model(id: "mended") { state bytes parameters } }`)).model).toEqual({
    state: "READY",
    bytes: negative.byteLength,
    parameters: 1,
  });
  expect(sha256Of(negative)).toMatch(/^[0-9a-f]{64}$/);
  await translate("mended", await plain("#000000"), 64);
});
