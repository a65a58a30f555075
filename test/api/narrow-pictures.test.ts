import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Trace } from "../../server/sessions/trace/write.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id status settings { size scales } } }";
const STEER = "mutation ($id: ID!, $changes: SteerInput!) { steer(sessionId: $id, changes: $changes) { id } }";
const BRANCH = "mutation ($id: ID!, $changes: SteerInput) { branchSession(sessionId: $id, step: 0, changes: $changes) { id } }";
const IMPORT = "mutation ($trace: String!) { importTrace(trace: $trace) { id settings { size } } }";

let running: RunningApp;
/** Ids of a picture of 8000 x 400 px and of one of 8000 x 800 px. */
let panorama: string;
let wide: string;

beforeAll(async () => {
  running = await startApp();
  [panorama, wide] = [await upload(8000, 400), await upload(8000, 800)];
});

afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
});

async function upload(width: number, height: number): Promise<string> {
  const picture = sharp({ create: { width, height, channels: 3, background: { r: width % 256, g: height % 256, b: 90 } } });
  return running.client.upload(await picture.png().toBuffer());
}

const layersOf = (...names: string[]) => names.map((layer) => ({ layer, weight: 1 }));
const start = async (input: object) => (await running.client.query(START, { input })).startStyleTransfer;

async function refused(query: string, variables: Record<string, unknown>) {
  const [error] = (await running.client.send(query, variables)).errors ?? [];
  if (!error) throw new Error("The operation was not refused.");
  return { message: error.message, ...error.extensions };
}

describe.each<[string, (imageId: string) => { contentId: string; styles: { imageId: string }[] }]>([
  ["contentId", (imageId) => ({ contentId: imageId, styles: [{ imageId: running.imageId }] })],
  ["styles.1.imageId", (imageId) => ({ contentId: running.imageId, styles: [running.imageId, imageId].map((id) => ({ imageId: id })) })],
])("a panorama as %s", (name, withPicture) => {
  test("is painted at the smallest size that works, unless a size is given", async () => {
    expect((await start(withPicture(panorama))).settings).toEqual({ size: 310, scales: 1 });
    expect((await start({ ...withPicture(panorama), size: null })).settings.size).toBe(310);
    expect((await start(withPicture(wide))).settings.size).toBe(256);
    expect((await start({ ...withPicture(panorama), size: 400 })).settings).toEqual({ size: 400, scales: 2 });
  });

  test("is refused at a size that is too small, and the size that works is named", async () => {
    for (const size of [64, 256, 309]) {
      const error = await refused(START, { input: { ...withPicture(panorama), size } });
      expect(error).toMatchObject({ code: "BAD_INPUT", field: `input.${name}`, limit: 310, min: 310, unit: "px" });
      expect(error.message).toMatch(/8000 x 400 px .*; conv5_1 needs 16\. The smallest size that works is 310\.$/);
    }
    expect((await start({ ...withPicture(panorama), size: 310 })).status).toBe("QUEUED");
  });

  test("is refused when no size works, and the length to crop it to is named", async () => {
    const error = await refused(START, { input: withPicture(await upload(8000, 40)) });
    expect(error).toMatchObject({ code: "BAD_INPUT", field: `input.${name}`, limit: 5285, max: 5285, unit: "px" });
    expect(error.message).toMatch(/No size up to 2048 is large enough\. Crop the longer side of the picture to at most 5285 px\.$/);
    const [before, after] = [await upload(5286, 40), await upload(5285, 40)];
    expect(await refused(START, { input: withPicture(before) })).toMatchObject({ limit: 5285 });
    expect((await start(withPicture(after))).status).toBe("QUEUED");
  });
});

test("the named size works for all pictures", async () => {
  const input = { contentId: panorama, styles: [{ imageId: await upload(8000, 200) }], size: 256 };
  const error = await refused(START, { input });
  expect(error).toMatchObject({ field: "input.styles.0.imageId", min: 620 });
  expect((await start({ ...input, size: 620 })).status).toBe("QUEUED");
});

test("an upright panorama is painted too", async () => {
  expect((await start({ contentId: await upload(400, 8000), styles: [{ imageId: panorama }] })).settings.size).toBe(310);
});

describe("a painting of a panorama", () => {
  /** A painting with a kept picture 0. */
  async function painted(input: object): Promise<string> {
    const id = await startSession(running, { contentId: panorama, ...input });
    while ((await running.host.claim()) !== id);
    await running.host.paint(id, 0);
    return id;
  }

  test("takes another panorama as style when it is painted at one scale only, and so does its trace", async () => {
    const id = await painted({ size: 400, scales: 2 });
    const other = [{ imageId: await upload(8000, 420), weight: 1 }];
    for (const query of [STEER, BRANCH]) await running.client.query(query, { id, changes: { styles: other } });
    await running.storage.changes.settle(id, 1);
    const trace: Trace = await (await fetch(`${running.address}/sessions/${id}/trace.json`)).json();
    expect(trace.changes[0]!.styles).toHaveLength(1);
    const { importTrace } = await running.client.query(IMPORT, { trace: JSON.stringify(trace) });
    expect(importTrace.settings.size).toBe(400);
  });

  test("refuses a narrower style, with the length to crop it to", async () => {
    const id = await painted({ size: 400 });
    const styles = [{ imageId: panorama }, { imageId: await upload(8000, 200) }];
    for (const query of [STEER, BRANCH]) {
      const error = await refused(query, { id, changes: { styles } });
      expect(error).toMatchObject({ code: "BAD_INPUT", field: "changes.styles.1.imageId", limit: 5161, max: 5161, unit: "px" });
    }
    styles[1] = { imageId: await upload(5161, 200) };
    await running.client.query(STEER, { id, changes: { styles } });
  });

  test.each([
    ["content", () => ({ contentId: panorama, styles: [{ imageId: running.imageId }] })],
    ["style", () => ({ contentId: running.imageId, styles: [{ imageId: panorama }] })],
  ])("refuses layers that are too deep for its %s, and names those that work", async (_name, pictures) => {
    const id = await painted({ ...pictures(), size: 256, contentLayers: layersOf("conv2_1"), styleLayers: layersOf("conv1_1") });
    for (const query of [STEER, BRANCH]) {
      const error = await refused(query, { id, changes: { styleLayers: layersOf("conv2_1", "conv5_1") } });
      const allowed = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2"];
      expect(error).toMatchObject({ code: "BAD_INPUT", field: "changes.styleLayers", limit: allowed.join(", "), allowed });
      expect(error.message).toMatch(/8000 x 400 px .*; conv5_1 needs 16\. Layers that work are conv1_1, .*conv4_2\.$/);
    }
    const trace: Trace = await (await fetch(`${running.address}/sessions/${id}/trace.json`)).json();
    const changes = [{ step: 0, settings: { styleLayers: layersOf("conv5_1") }, styles: null }];
    const imported = await refused(IMPORT, { trace: JSON.stringify({ ...trace, changes }) });
    expect(imported).toMatchObject({ code: "BAD_INPUT", field: "trace.changes.0.styleLayers" });
    await running.client.query(STEER, { id, changes: { styleLayers: layersOf("conv4_1") } });
  });

  test("names the size that works when a trace has a smaller one", async () => {
    const id = await painted({});
    const trace: Trace = await (await fetch(`${running.address}/sessions/${id}/trace.json`)).json();
    const smaller = { ...trace, settings: { ...trace.settings, size: 300 } };
    expect(await refused(IMPORT, { trace: JSON.stringify(smaller) })).toMatchObject({ field: "trace.content", min: 310, unit: "px" });
    await running.client.query(IMPORT, { trace: JSON.stringify(trace) });
  });
});
