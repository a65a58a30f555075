import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inverterId, mirrorWithInverter } from "../helpers/generator-mirror.js";
import { pngPicture } from "../helpers/pictures.js";
import { ServerFixture } from "../helpers/server-fixture.js";
import { noteSkipped } from "../helpers/skipped.js";

const START = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";
const WATCH = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1, inline: true) {
    ... on Frame { step url width height mimeType computeMs data losses { total } }
    ... on SessionChange { session { status error { code message } ... on TranslationSession { framesTranslated } } }
  }
}`;

interface Shown {
  step?: number;
  url: string;
  width: number;
  height: number;
  mimeType: string;
  computeMs: number;
  data: string;
  losses: null;
  session?: { status: string; error: unknown; framesTranslated: number };
}

let mirror: Awaited<ReturnType<typeof mirrorWithInverter>>;
beforeAll(async () => {
  mirror = await mirrorWithInverter();
});
afterAll(() => mirror.remove());

const server = new ServerFixture(() => ({ ATELIER_MODEL_MIRROR: mirror.folder }));

/** Translates a picture and returns everything that its viewer saw. */
async function translate(model: string, picture: Uint8Array, size?: number) {
  const imageId = await server.client.upload(picture);
  const { startTranslation } = await server.client.query(START, { input: { model, imageId, size, title: model } });
  const frames: Shown[] = [];
  const changes: NonNullable<Shown["session"]>[] = [];
  for await (const { data: answer, errors } of server.client.subscribe(WATCH, { id: startTranslation.id })) {
    if (errors) throw new Error(JSON.stringify(errors));
    const shown: Shown = answer.session;
    if (shown.session) changes.push(shown.session);
    else frames.push(shown);
  }
  return { id: startTranslation.id as string, frames, changes };
}

const pixels = (picture: Uint8Array, size?: { width: number; height: number }) =>
  sharp(picture)
    .resize(size ? { ...size, fit: "fill", kernel: "lanczos3" } : undefined)
    .raw()
    .toBuffer({ resolveWithObject: true });

test("a picture is translated, shown as PNG, and kept after a restart", async () => {
  const { bytes } = await pngPicture(90, 50);
  const { id, frames, changes } = await translate(inverterId, bytes);
  expect(changes.at(-1)).toEqual({ status: "COMPLETED", error: null, framesTranslated: 1 });
  expect(frames).toMatchObject([{ step: 0, width: 64, height: 36, mimeType: "image/png", losses: null }]);
  const [frame] = frames;
  expect(frame!.computeMs).toBeGreaterThan(0);
  const shown = Buffer.from(frame!.data, "base64");
  const [result, source] = [await pixels(shown), await pixels(bytes, { width: 64, height: 36 })];
  expect(result.info).toMatchObject({ width: 64, height: 36, channels: 3 });
  const farthest = result.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (255 - source.data[i]!))), 0);
  expect(farthest).toBeLessThanOrEqual(1);

  expect(await server.stop()).toBe(0);
  await server.start();
  const { sessions } = await server.client.query(`{
    sessions(filter: { kind: TRANSLATION }) { edges { node { id status latestFrame { step url } ... on TranslationSession { model { title } source { width } } } } }
  }`);
  const kept = { id, status: "COMPLETED", latestFrame: { step: 0, url: frame!.url }, model: { title: "Negative" }, source: { width: 90 } };
  expect(sessions.edges[0].node).toEqual(kept);
  const served = await fetch(`${server.address}${frame!.url}`);
  expect(Buffer.from(await served.arrayBuffer()).equals(shown)).toBe(true);
});

test("every bundled generator translates a picture", async () => {
  const { models } = await server.client.query("{ models(task: TRANSLATION) { id state minSize } }");
  const bundled = models.filter(({ id }: { id: string }) => id !== inverterId);
  if (bundled.length === 0) noteSkipped("No generator is bundled.");
  const { bytes } = await pngPicture(100, 140);
  for (const { id, state, minSize } of bundled) {
    expect([id, state]).toEqual([id, "READY"]);
    const size = Math.max(96, minSize);
    const { frames, changes } = await translate(id, bytes, size);
    expect(changes.at(-1)).toMatchObject({ status: "COMPLETED", error: null });
    expect(frames).toMatchObject([{ step: 0, height: size, width: Math.round((size * 100) / 140), mimeType: "image/png" }]);
    const { channels } = await sharp(Buffer.from(frames[0]!.data, "base64")).stats();
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(1);
  }
});
