import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../helpers/app.js";
import { until } from "../helpers/until.js";

let running: RunningApp;
beforeAll(async () => {
  running = await startApp();
});
afterAll(() => running.close());

const fields = "id state downloadProgress failure";

test("mutations start and cancel the download of a model", async () => {
  const { client } = running;
  const { downloadModel } = await client.query(`mutation { downloadModel(id: "afar") { ${fields} } }`);
  expect(downloadModel).toEqual({ id: "afar", state: "DOWNLOADING", downloadProgress: 0, failure: null });
  const { cancelDownload } = await client.query(`mutation { cancelDownload(id: "afar") { ${fields} } }`);
  expect(cancelDownload).toEqual({ id: "afar", state: "AVAILABLE", downloadProgress: null, failure: null });
});

test("only a running download can be cancelled, and only a known model can be downloaded", async () => {
  const { client } = running;
  expect(await client.refusal(`mutation { cancelDownload(id: "afar") { id } }`)).toMatchObject({ code: "CONFLICT", field: "id" });
  expect(await client.refusal(`mutation { downloadModel(id: "nobody") { id } }`)).toMatchObject({ code: "NOT_FOUND", field: "id" });
});

test("a failed model states the reason, and no session may use it", async () => {
  const { client, imageId } = running;
  const { model } = await client.query(`{ model(id: "broken") { ${fields} } }`);
  expect(model).toEqual({ id: "broken", state: "FAILED", downloadProgress: null, failure: "Its file is damaged." });
  const start = `mutation { startStyleTransfer(input: { contentId: "${imageId}", styles: [{ imageId: "${imageId}" }], model: "broken" }) { id } }`;
  expect(await client.refusal(start)).toMatchObject({ code: "UNAVAILABLE", field: "input.model" });
});

test("a model says whether it can be downloaded now", async () => {
  const { models } = await running.client.query("{ models { id downloadable } }");
  const offered = models.filter(({ downloadable }: { downloadable: boolean }) => downloadable);
  expect(offered.map(({ id }: { id: string }) => id)).toEqual(["afar"]);
});

test("a model may come with pictures", async () => {
  const { client, models, address } = running;
  const folder = await mkdtemp(join(tmpdir(), "atelier-sheet-"));
  const picture = await sharp({ create: { width: 4, height: 4, channels: 3, background: "teal" } })
    .png()
    .toBuffer();
  await writeFile(join(folder, "sheet.png"), picture);
  models.pictures.set("afar sheet", join(folder, "sheet.png"));
  const { model } = await client.query(`{ model(id: "afar") { preview sheet } }`);
  expect(model).toEqual({ preview: null, sheet: "/models/afar/sheet" });
  const sheet = await fetch(`${address}${model.sheet}`);
  expect(sheet.headers.get("content-type")).toBe("image/png");
  expect(sheet.headers.get("cache-control")).toBe("no-cache");
  expect(Buffer.from(await sheet.arrayBuffer()).equals(picture)).toBe(true);
  for (const path of ["/models/afar/preview", "/models/nobody/sheet", "/models/..%2fafar/sheet"]) {
    expect((await fetch(`${address}${path}`)).status).toBe(404);
  }
  await rm(folder, { recursive: true });
});

test("a subscriber gets the newest state of each model until it leaves", async () => {
  const { client, models } = running;
  const seen = client.subscribe(`subscription { models { ${fields} } }`);
  const first = seen.next();
  await until(() => models.watchers > 0);
  models.change("afar", { state: "DOWNLOADING", downloadProgress: 0.25 });
  expect((await first).value.data.models).toEqual({ id: "afar", state: "DOWNLOADING", downloadProgress: 0.25, failure: null });
  models.change("afar", { state: "FAILED", downloadProgress: null, failure: "It broke off." });
  expect((await seen.next()).value.data.models).toEqual({ id: "afar", state: "FAILED", downloadProgress: null, failure: "It broke off." });
  await seen.return?.();
  await until(() => models.watchers === 0);
});

test("sessions that name no model use the default model", async () => {
  const { client, models } = running;
  const defaults = async () => {
    const { models: all } = await client.query("{ models(task: FEATURES) { id isDefault } }");
    return all.filter(({ isDefault }: { isDefault: boolean }) => isDefault).map(({ id }: { id: string }) => id);
  };
  expect(await defaults()).toEqual(["vgg19"]);
  models.change("vgg19", { state: "FAILED", failure: "It is damaged.", willRetry: true });
  expect(await defaults()).toEqual([]);
  expect((await client.query(`{ model(id: "vgg19") { willRetry removed } }`)).model).toEqual({ willRetry: true, removed: false });
  models.change("vgg19", { state: "READY", failure: null, willRetry: false });
});
