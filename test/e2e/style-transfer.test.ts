import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { pngPicture } from "../helpers/pictures.js";
import { modelMirror } from "../helpers/server.js";
import { ServerFixture } from "../helpers/server-fixture.js";
import { noteSkipped } from "../helpers/skipped.js";

const mirror = modelMirror();
if (mirror === null) noteSkipped("There is no mirror with vgg19; set ATELIER_MODEL_MIRROR to one.");

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const WATCH = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1, inline: true) {
    ... on Frame { step url width height mimeType bytes computeMs data losses { total content style tv layers { layer term value } } }
    ... on SessionChange { session { status error { code message } } }
  }
}`;

interface Shown {
  step?: number;
  url: string;
  width: number;
  height: number;
  mimeType: string;
  data: string;
  losses: { total: number; layers: unknown[] };
  session?: { status: string; error: { code: string } | null };
}

describe.skipIf(mirror === null)("the real server with VGG-19", () => {
  const server = new ServerFixture(() => ({ ATELIER_MODEL_MIRROR: mirror ?? "" }));
  let images: { contentId: string; styles: { imageId: string }[] };

  beforeAll(async () => {
    const [content, style] = [await pngPicture(120, 90, 1), await pngPicture(80, 80, 2)];
    const upload = (picture: Uint8Array) => server.client.upload(picture);
    images = { contentId: await upload(content.bytes), styles: [{ imageId: await upload(style.bytes) }] };
  });

  async function paint(input: Record<string, unknown>, onFrame: (step: number) => void = () => undefined) {
    const { startStyleTransfer } = await server.client.query(START, { input: { ...images, ...input } });
    const id: string = startStyleTransfer.id;
    const frames: Shown[] = [];
    const changes: NonNullable<Shown["session"]>[] = [];
    for await (const { data: answer, errors } of server.client.subscribe(WATCH, { id })) {
      if (errors) throw new Error(JSON.stringify(errors));
      const shown: Shown = answer.session;
      if (shown.session) changes.push(shown.session);
      if (shown.step === undefined) continue;
      frames.push(shown);
      onFrame(shown.step);
    }
    return { id, frames, changes };
  }

  test("paints: frames arrive and decode, J falls, and history survives a restart", async () => {
    const { id, frames, changes } = await paint({ size: 64, steps: 15, title: "Small" });
    expect(changes.at(-1)).toEqual({ status: "COMPLETED", error: null });
    expect(frames.length).toBeGreaterThanOrEqual(10);
    expect(frames.at(-1)).toMatchObject({ step: 15, width: 64, height: 48, mimeType: "image/png" });
    expect(frames.at(-1)?.losses.total).toBeLessThan(0.5 * (frames.at(0)?.losses.total ?? 0));
    for (const { data: text, width, height, mimeType, url, losses } of frames) {
      const bytes = Buffer.from(text, "base64");
      const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width, height });
      expect(losses.layers.length).toBeGreaterThanOrEqual(6);
      const served = await fetch(`${server.address}${url}`);
      expect(served.headers.get("content-type")).toBe(mimeType);
      expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
    }

    expect(await server.stop()).toBe(0);
    await server.start();
    const { sessions } = await server.client.query(`{
      sessions { edges { node { id title status latestFrame { step } frames(first: 100) { totalCount } ... on StyleTransferSession { losses { step } } } } }
    }`);
    const kept = { id, title: "Small", status: "COMPLETED", latestFrame: { step: 15 }, frames: { totalCount: 16 } };
    expect(sessions.edges[0].node).toMatchObject(kept);
    expect(sessions.edges[0].node.losses).toHaveLength(16);
  });

  test("continues when its device process is killed during a session", async () => {
    let killed = 0;
    const { frames, changes } = await paint({ size: 64, steps: 40 }, (step) => {
      if (step < 8 || killed > 0) return;
      for (const pid of server.process.devices()) {
        process.kill(pid, "SIGKILL");
        killed++;
      }
    });
    expect(killed).toBe(1);
    expect(changes.at(-1)).toEqual({ status: "COMPLETED", error: null });
    expect(frames.map(({ step }) => step)).toEqual([...new Set(frames.map(({ step }) => step))].sort((a, b) => (a ?? 0) - (b ?? 0)));
    expect(frames.at(-1)?.step).toBe(40);
  });

  test("a session that is running when the server is killed continues by itself and keeps its frames", async () => {
    const { startStyleTransfer } = await server.client.query(START, { input: { ...images, size: 64, steps: 60 } });
    const { id } = startStyleTransfer;
    for await (const { data: answer } of server.client.subscribe(WATCH, { id })) if (answer.session.step >= 3) break;
    await server.stop("SIGKILL");
    await server.start();
    const steps = (await server.client.collect(WATCH, { id })).flatMap(({ session }) => (session.step === undefined ? [] : [session.step]));
    expect(steps).toEqual(Array.from({ length: 61 }, (_, step) => step));
  });
});
