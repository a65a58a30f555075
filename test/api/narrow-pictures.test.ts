import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningApp, startApp } from "../helpers/app.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id settings { size scales } } }";
const STEER = "mutation ($id: ID!, $changes: SteerInput!) { steer(sessionId: $id, changes: $changes) { changes { step } } }";
const BRANCH = "mutation ($id: ID!, $changes: SteerInput!) { branchSession(sessionId: $id, step: 0, changes: $changes) { id } }";
const IMPORT = "mutation ($trace: String!) { importTrace(trace: $trace) { settings { size } } }";

let running: RunningApp;
beforeAll(async () => {
  running = await startApp();
});
afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
});

const valid = () => ({ contentId: running.imageId, styles: [{ imageId: running.imageId }] });

async function upload(width: number, height: number): Promise<string> {
  const picture = sharp({ create: { width, height, channels: 3, background: "teal" } }).png();
  return running.client.upload(await picture.toBuffer());
}

describe.each(["contentId", "styles.0.imageId"])("a narrow picture as %s", (name) => {
  const inputWith = async (width: number, height: number) => {
    const id = await upload(width, height);
    return name === "contentId" ? { ...valid(), contentId: id } : { ...valid(), styles: [{ imageId: id }] };
  };

  test("is painted at the smallest size that works where none is given", async () => {
    const input = { ...(await inputWith(8000, 400)), size: undefined };
    const { startStyleTransfer } = await running.client.query(START, { input });
    // conv5_1 needs 16 px: 310 x 400 / 8000 is rounded up to them.
    expect(startStyleTransfer.settings).toMatchObject({ size: 310 });
    const usual = { ...(await inputWith(640, 400)), size: undefined };
    expect((await running.client.query(START, { input: usual })).startStyleTransfer.settings).toMatchObject({ size: 256 });
  });

  test.each([
    [8000, 400],
    [40, 1999],
    [1013, 17],
    [777, 31],
  ])("of %i x %i is refused below the size that the error names, and painted at it", async (width, height) => {
    const input = await inputWith(width, height);
    const refused = await running.client.refusal(START, { input: { ...input, size: 128 } });
    expect(refused).toMatchObject({ code: "BAD_INPUT", field: `input.${name}`, unit: "px" });
    const { limit, min } = refused as { limit: number; min: number };
    expect(limit).toBe(min);
    expect(await running.client.refusal(START, { input: { ...input, size: limit - 1 } })).toEqual(refused);
    const { startStyleTransfer } = await running.client.query(START, { input: { ...input, size: limit } });
    expect(startStyleTransfer.settings).toMatchObject({ size: limit });
  });

  test("of which no size works is refused with what to do", async () => {
    const body = JSON.stringify({ query: START, variables: { input: { ...(await inputWith(6000, 20)), size: undefined } } });
    const response = await fetch(`${running.address}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(errors[0]?.message).toMatch(
      /No size up to \d+ works: crop the picture until its longer side is at most \d+ times the shorter one/,
    );
  });

  test("works at a smaller size with shallower layers", async () => {
    const layers = [{ layer: "conv1_1", weight: 1 }];
    const input = { ...(await inputWith(1024, 16)), size: 128, contentLayers: layers, styleLayers: layers };
    expect((await running.client.query(START, { input })).startStyleTransfer.settings).toMatchObject({ size: 128 });
  });
});

describe("a panorama", () => {
  const shallow = [{ layer: "conv1_1", weight: 1 }];
  const deep = [{ layer: "conv5_1", weight: 1 }];

  /** A running painting with picture 0. */
  async function painted(input: object): Promise<string> {
    const { startStyleTransfer } = await running.client.query(START, { input: { ...valid(), ...input } });
    await running.host.claim();
    await running.host.paint(startStyleTransfer.id, 0);
    return startStyleTransfer.id;
  }

  test("is repeated from its trace, and is a new style of its own painting, at scales that leave it out", async () => {
    const panorama = await upload(8000, 400);
    // 1024 px would have three scales, but at 512 px the shorter side would have less than 32.
    const id = await painted({ contentId: panorama, styles: [{ imageId: panorama }], size: 1024, scales: 3 });
    const { steer } = await running.client.query(STEER, { id, changes: { styles: [{ imageId: panorama }] } });
    expect(steer.changes).toHaveLength(1);
    await running.storage.changes.settle(id, 1);
    const trace = await (await fetch(`${running.address}/sessions/${id}/trace.json`)).text();
    expect((await running.client.query(IMPORT, { trace })).importTrace.settings).toEqual({ size: 1024 });
  });

  test("is refused as a new style of a painting with coarse scales", async () => {
    const [id, panorama] = [await painted({ size: 1024, scales: 3 }), await upload(8000, 400)];
    for (const mutation of [STEER, BRANCH]) {
      expect(await running.client.refusal(mutation, { id, changes: { styles: [{ imageId: panorama }] } })).toMatchObject({
        code: "BAD_INPUT",
        field: "changes.styles.0.imageId",
        min: 16,
        unit: "px",
      });
    }
  });

  test.each(["contentId", "styles"])("as %s keeps its painting from deeper layers", async (name) => {
    const panorama = await upload(8000, 400);
    const picture = name === "contentId" ? { contentId: panorama } : { styles: [{ imageId: panorama }] };
    const id = await painted({ ...picture, size: 128, contentLayers: shallow, styleLayers: shallow });
    const refused = { code: "BAD_INPUT", min: 16, unit: "px" };
    for (const mutation of [STEER, BRANCH]) {
      expect(await running.client.refusal(mutation, { id, changes: { styleLayers: deep } })).toMatchObject({
        ...refused,
        field: "changes.styleLayers",
      });
    }
    const trace = await (await fetch(`${running.address}/sessions/${id}/trace.json`)).json();
    trace.changes = [{ step: 1, settings: { styleLayers: deep }, styles: null }];
    expect(await running.client.refusal(IMPORT, { trace: JSON.stringify(trace) })).toMatchObject({
      ...refused,
      field: "trace.changes.0.styleLayers",
    });
    if (name === "styles") {
      const changes = { styleLayers: deep, styles: [{ imageId: running.imageId }] };
      expect((await running.client.query(STEER, { id, changes })).steer.changes).toHaveLength(1);
    }
  });
});
