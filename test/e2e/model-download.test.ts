import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FileServer, stallHalfway } from "../helpers/file-server.js";
import { pngPicture } from "../helpers/pictures.js";
import { ServerFixture } from "../helpers/server-fixture.js";
import { until } from "../helpers/until.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id status settings { model } } }";
const SESSION = "query ($id: ID!) { session(id: $id) { status error { message } } }";
const VGG19 = `{ model(id: "vgg19") { state downloadProgress failure } }`;
const bundled = join("models", "bundled", "vgg19-lite");

let mirror: FileServer;
/** Breaks off the download that is held. */
let breakOff: () => void;
let held: Promise<void>;
let images: { contentId: string; styles: { imageId: string }[] };

/** A mirror with a network called vgg19, which is a small one; its first download stops half-way. */
beforeAll(async () => {
  mirror = await FileServer.start();
  const card: Record<string, unknown> = JSON.parse(await readFile(join(bundled, "card.json"), "utf8"));
  mirror.files.set("models/vgg19/card.json", Buffer.from(JSON.stringify({ ...card, id: "vgg19", title: "A network" })));
  mirror.files.set(`models/vgg19/${card.model}`, await readFile(join(bundled, String(card.model))));
  held = new Promise((resolve) => {
    mirror.faults.push((request, response, bytes) => {
      breakOff = () => response.destroy();
      stallHalfway(resolve)(request, response, bytes);
    });
  });
});
afterAll(() => mirror.close());

const server = new ServerFixture(() => ({ ATELIER_OFFLINE: "0", ATELIER_MODEL_MIRROR: mirror.url("models").href }));

beforeAll(async () => {
  const [content, style] = [await pngPicture(64, 48, 1), await pngPicture(48, 48, 2)];
  const upload = (picture: Uint8Array) => server.client.upload(picture);
  images = { contentId: await upload(content.bytes), styles: [{ imageId: await upload(style.bytes) }] };
});

async function start(input: Record<string, unknown>) {
  const { startStyleTransfer } = await server.client.query(START, { input: { ...images, size: 64, steps: 1, ...input } });
  return startStyleTransfer;
}

/** Waits for a session's end; returns its status, with the error if there is one. */
async function ended(id: string): Promise<string> {
  const session = async () => (await server.client.query(SESSION, { id })).session;
  await until(async () => !["QUEUED", "RUNNING"].includes((await session()).status));
  const { status, error } = await session();
  return error ? `${status} ${error.message}` : status;
}

test("while a model is downloaded in the background, sessions paint with the bundled one, and sessions that name it wait", async () => {
  await held;
  const named = await start({ model: "vgg19" });
  expect(named).toMatchObject({ status: "QUEUED", settings: { model: "vgg19" } });
  const other = await start({});
  expect(other.settings.model).toBe("vgg19-lite");
  expect(await ended(other.id)).toBe("COMPLETED");
  expect((await server.client.query(SESSION, { id: named.id })).session.status).toBe("QUEUED");
  const { model } = await server.client.query(VGG19);
  expect(model).toMatchObject({ state: "DOWNLOADING", failure: null });

  breakOff();
  expect(await ended(named.id)).toBe("COMPLETED");
  expect((await server.client.query(VGG19)).model).toEqual({ state: "READY", downloadProgress: null, failure: null });
  expect((await start({})).settings.model).toBe("vgg19");
  expect(mirror.requests.filter(({ path }) => path.endsWith(".safetensors"))).toEqual([
    expect.objectContaining({ range: null }),
    expect.objectContaining({ range: expect.stringMatching(/^bytes=[1-9]/) }),
  ]);
});

test("a downloaded model can be used without internet access", async () => {
  await server.stop();
  await server.start({});
  expect((await start({})).settings.model).toBe("vgg19");
});
