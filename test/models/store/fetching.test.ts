import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Model } from "../../../models/model.js";
import { openRegistry, type Registry, type StoreOptions } from "../../../models/registry.js";
import { readSafetensors } from "../../../models/safetensors.js";
import type { KerasFile } from "../../../models/store/keras-vgg19.js";
import { fetchPreferredFeatures } from "../../../models/store/preferred.js";
import { breakOffAfter, FileServer, status } from "../../helpers/file-server.js";
import { fewLayers, writeKerasFile } from "../../helpers/keras-file.js";

let server: FileServer;
let folder: string;
let vgg19: KerasFile;
let logged: string[];
const open: Registry[] = [];

beforeEach(async () => {
  server = await FileServer.start();
  folder = await mkdtemp(join(tmpdir(), "atelier-store-"));
  await mkdir(join(folder, "bundled"));
  await writeKerasFile(join(folder, "published.h5"), fewLayers);
  const published = await readFile(join(folder, "published.h5"));
  server.files.set("published.h5", published);
  const md5 = createHash("md5").update(published).digest("hex");
  vgg19 = { url: server.url("published.h5"), bytes: published.length, md5, layers: fewLayers };
  logged = [];
});
afterEach(async () => {
  for (const registry of open.splice(0)) await registry.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const fetched = () => join(folder, "data", "models");

async function openStore(changes: Partial<StoreOptions> = {}, mirrorDir: string | null = null): Promise<Registry> {
  const limits = { stallMs: 500, attempts: 2, backoffMs: 1 };
  const log = (line: string) => logged.push(line);
  const store = { folder: fetched(), mirror: null, offline: false, vgg19, limits, log, ...changes };
  const registry = await openRegistry({ bundledDir: join(folder, "bundled"), mirrorDir, store });
  open.push(registry);
  return registry;
}

const fastStyle = {
  kind: "fast-style",
  model: "style.onnx",
  input: { name: "in", layout: "NCHW", dtype: "float32", colour: "RGB", from_uint8: "v" },
  output: { name: "out", layout: "NCHW", dtype: "float32", colour: "RGB", to_uint8: "clamp(round(v),0,255)" },
  native_size: [256, 256],
  size_multiple: 4,
  min_size: 32,
};
const features = {
  kind: "features",
  model: "vgg19.safetensors",
  input: { layout: "NCHW", colour: "BGR", range: "0..255 minus mean", mean_bgr: [103.939, 116.779, 123.68] },
};

/** Puts a model on the server, as a mirror has it; answers its file. */
function mirrored(name: string, kind: Record<string, unknown>, changes: Record<string, unknown> = {}): Buffer {
  const file = randomBytes(200_000);
  const sha256 = createHash("sha256").update(file).digest("hex");
  const common = { id: name, title: name, params: 5, bytes: file.length, sha256, source: "a test", licence: "none" };
  server.files.set(`models/${name}/card.json`, Buffer.from(JSON.stringify({ ...common, ...kind, ...changes })));
  server.files.set(`models/${name}/${kind.model}`, file);
  return file;
}

async function states(registry: Registry): Promise<Record<string, Model["state"]>> {
  return Object.fromEntries((await registry.list()).map(({ id, state }) => [id, state]));
}

const asked = (ending: string) => server.asked.filter(({ path }) => path.endsWith(ending));

describe("VGG-19 as it is published", () => {
  it("is AVAILABLE, is fetched when its file is asked for, and is READY then and at the next start", async () => {
    const registry = await openStore();
    expect(await registry.find("vgg19")).toMatchObject({
      state: "AVAILABLE",
      task: "FEATURES",
      bytes: vgg19.bytes,
      downloadProgress: null,
    });
    expect(registry.refusal("vgg19")).toBeNull();
    const seen: Model[] = [];
    registry.watch((model) => seen.push(model));
    const { path, card } = await registry.file("vgg19");
    expect(Object.keys(await readSafetensors(path))).toHaveLength(6);
    expect(await readdir(join(fetched(), "vgg19"))).toEqual(["card.json", "vgg19.safetensors"]);
    expect(card).toMatchObject({ id: "vgg19", architecture: { family: "vgg19" }, bytes: (await readFile(path)).length });
    expect(seen[0]).toMatchObject({ id: "vgg19", state: "DOWNLOADING", downloadProgress: 0 });
    expect(seen.slice(0, -1).map(({ state }) => state)).toEqual(seen.slice(1).map(() => "DOWNLOADING"));
    expect(seen.at(-1)).toMatchObject({ state: "READY", downloadProgress: null, failure: null });
    expect(seen.length).toBeLessThanOrEqual(103);

    const again = await openStore({ offline: true });
    expect(await states(again)).toEqual({ vgg19: "READY" });
    expect(await again.featureNetwork(null)).toMatchObject({ id: "vgg19", path });
    expect(server.asked).toHaveLength(1);
  });

  it("is fetched once for all who want it", async () => {
    const registry = await openStore();
    const files = await Promise.all([
      registry.file("vgg19"),
      registry.featureNetwork("vgg19"),
      registry.download("vgg19"),
      registry.file("vgg19"),
    ]);
    expect(files[2]).toMatchObject({ state: "DOWNLOADING" });
    expect(server.asked).toHaveLength(1);
    expect((await registry.download("vgg19")).state).toBe("READY");
  });

  it("fails with a reason when it cannot be had, and is fetched at the next word", async () => {
    const registry = await openStore();
    server.tricks.push(status(404));
    const refusal = await registry.file("vgg19").catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", detail: { field: "model" } });
    expect(await registry.find("vgg19")).toMatchObject({ state: "FAILED", failure: "The server that has it answers 404." });
    expect(registry.refusal("vgg19")).toMatch(/404/);
    await expect(registry.file("vgg19")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(server.asked).toHaveLength(1);
    expect((await registry.download("vgg19")).state).toBe("DOWNLOADING");
    expect(await registry.file("vgg19")).toMatchObject({ card: { id: "vgg19" } });
  });

  it("is fetched again when it is wanted again after the network or the server failed for a while", async () => {
    const registry = await openStore();
    server.tricks.push(status(503), status(503));
    await expect(registry.file("vgg19")).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/503/) });
    expect(await registry.find("vgg19")).toMatchObject({ state: "FAILED", failure: "The server that has it answers 503." });
    expect([registry.refusal("vgg19"), registry.pending("vgg19")]).toEqual([null, true]);
    expect(await registry.file("vgg19")).toMatchObject({ card: { id: "vgg19" } });
    expect(registry.pending("vgg19")).toBe(false);
  });

  it("is not taken with another checksum or of another form", async () => {
    const other = await openStore({ vgg19: { ...vgg19, md5: "0".repeat(32) } });
    await expect(other.file("vgg19")).rejects.toThrow(/checksum/);
    const wider = await openStore({ vgg19: { ...vgg19, layers: [{ name: "conv1_1", inputChannels: 3, channels: 64 }] } });
    await expect(wider.file("vgg19")).rejects.toThrow(/another shape/);
    expect(await readdir(join(fetched(), "vgg19"))).not.toContain("card.json");
  });

  it("fails without saying what was the server's own fault, and reports that", async () => {
    const reported: unknown[] = [];
    await writeFile(join(folder, "file"), "where a folder should be");
    const registry = await openStore({ folder: join(folder, "file"), report: (error) => reported.push(error) });
    const refusal = await registry.file("vgg19").catch((error: unknown) => String(error));
    expect(refusal).toMatch(/could not be stored \(E[A-Z]+\)/);
    expect(refusal).not.toContain(folder);
    expect(reported).toHaveLength(1);
  });

  it("becomes AVAILABLE again when its fetch is cancelled, which is told to who waits, and goes on from there", async () => {
    const registry = await openStore();
    const begun = new Promise<void>((resolve) => {
      server.tricks.push((_request, response, bytes) => {
        response.writeHead(200, { etag: '"1"', "content-length": bytes.length });
        response.write(bytes.subarray(0, 1000), () => resolve());
      });
    });
    const waiting = registry.file("vgg19").catch((error: unknown) => error);
    await begun;
    while ((await registry.find("vgg19"))?.downloadProgress === 0) await new Promise((next) => setTimeout(next, 5));
    expect(await registry.cancelDownload("vgg19")).toMatchObject({ state: "AVAILABLE", downloadProgress: null, failure: null });
    expect(await waiting).toMatchObject({ code: "UNAVAILABLE", message: "The download of the model vgg19 was cancelled." });
    await expect(registry.cancelDownload("vgg19")).rejects.toMatchObject({ code: "CONFLICT", detail: { field: "id" } });
    await registry.file("vgg19");
    expect(server.asked[1]?.range).toBe("bytes=1000-");
  });

  it("goes on coming when one who waits for it leaves", async () => {
    const registry = await openStore();
    const leaving = new AbortController();
    const begun = new Promise<void>((resolve) => registry.watch(() => resolve()));
    const left = registry.file("vgg19", leaving.signal);
    await begun;
    const reason = new Error("closing");
    leaving.abort(reason);
    await expect(left).rejects.toBe(reason);
    expect((await registry.find("vgg19"))?.state).toBe("DOWNLOADING");
    await registry.file("vgg19");
    expect(server.asked).toHaveLength(1);
  });

  it("is not fetched for one who has left before", async () => {
    const registry = await openStore();
    await expect(registry.file("vgg19", AbortSignal.abort(new Error("closing")))).rejects.toThrow("closing");
    expect(await states(registry)).toEqual({ vgg19: "AVAILABLE" });
  });

  it("is not fetched where nothing may be, and that is said", async () => {
    const registry = await openStore({ offline: true, mirror: server.url("models/") });
    expect(await states(registry)).toEqual({ vgg19: "AVAILABLE" });
    expect(registry.refusal("vgg19")).toMatch(/ATELIER_OFFLINE/);
    for (const attempt of [registry.file("vgg19"), registry.featureNetwork("vgg19"), registry.download("vgg19")]) {
      await expect(attempt).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(/ATELIER_OFFLINE/) });
    }
    expect(server.asked).toEqual([]);
  });

  it("is fetched again when what was fetched is damaged", async () => {
    const { path } = await (await openStore()).file("vgg19");
    const damaged = await readFile(path);
    damaged.writeFloatLE(99, damaged.length - 4);
    await writeFile(path, damaged);
    const registry = await openStore();
    await expect(registry.file("vgg19")).rejects.toThrow(/damaged/);
    await registry.download("vgg19");
    expect((await registry.file("vgg19")).path).toBe(path);
    await writeFile(path, "short");
    const short = await openStore();
    expect(await states(short)).toEqual({ vgg19: "AVAILABLE" });
    await short.file("vgg19");
  });

  it("is that of a mirror's folder where there is one", async () => {
    const mirror = join(folder, "mirror");
    const weights = mirrored("vgg19", features);
    await mkdir(join(mirror, "vgg19"), { recursive: true });
    await writeFile(join(mirror, "vgg19", "card.json"), server.files.get("models/vgg19/card.json") ?? "");
    await writeFile(join(mirror, "vgg19", "vgg19.safetensors"), weights);
    const registry = await openStore({}, mirror);
    expect(await states(registry)).toEqual({ vgg19: "READY" });
    await fetchPreferredFeatures(registry, (line) => logged.push(line));
    expect((await registry.file("vgg19")).path).toBe(join(mirror, "vgg19", "vgg19.safetensors"));
    expect([server.asked, logged]).toEqual([[], []]);
  });
});

describe("the fetch in the background", () => {
  it("makes the preferred network READY", async () => {
    const registry = await openStore();
    await fetchPreferredFeatures(registry, (line) => logged.push(line));
    expect(await states(registry)).toEqual({ vgg19: "READY" });
    expect(logged).toEqual([expect.stringMatching(/vgg19 was fetched/)]);
  });

  it("tells in one line that there is no network, and ends", async () => {
    const url = new URL(vgg19.url);
    url.port = "1";
    const registry = await openStore({ vgg19: { ...vgg19, url } });
    await fetchPreferredFeatures(registry, (line) => logged.push(line));
    expect(logged).toEqual([
      expect.stringMatching(/^The model vgg19 is not fetched, so paintings use another one\. .*cannot be reached[^\n]*$/),
    ]);
    expect((await registry.find("vgg19"))?.state).toBe("FAILED");
  });

  it("ends with the registry", async () => {
    const registry = await openStore();
    const begun = new Promise<void>((resolve) => {
      server.tricks.push(() => resolve());
    });
    const fetching = fetchPreferredFeatures(registry, (line) => logged.push(line));
    await begun;
    await registry.close();
    await fetching;
    expect((await registry.find("vgg19"))?.state).toBe("AVAILABLE");
  });
});

describe("a mirror at an address", () => {
  const mirror = () => server.url("models/");

  it("is asked for the networks that are known, which are fetched when they are wanted", async () => {
    const style = mirrored("fast-style-rain_princess", fastStyle);
    const registry = await openStore({ mirror: mirror() });
    expect(await registry.find("fast-style-rain-princess")).toMatchObject({ state: "AVAILABLE", task: "TRANSLATION", minSize: 32 });
    expect(await registry.find("fast-style-candy")).toBeNull();
    expect(asked("style.onnx")).toEqual([]);
    server.tricks.push(breakOffAfter(100_000));
    const { path } = await registry.file("fast-style-rain-princess");
    expect((await readFile(path)).equals(style)).toBe(true);
    expect(await readdir(join(fetched(), "fast-style-rain-princess"))).toEqual(["card.json", "style.onnx"]);
    expect(asked("style.onnx").map(({ range }) => range)).toEqual([null, expect.stringMatching(/^bytes=/)]);
    const again = await openStore();
    expect(await states(again)).toEqual({ vgg19: "AVAILABLE", "fast-style-rain-princess": "READY" });
    expect(logged).toEqual([]);
  });

  it("goes before the public address", async () => {
    const weights = mirrored("vgg19", features);
    const registry = await openStore({ mirror: mirror() });
    const { path } = await registry.file("vgg19");
    expect((await readFile(path)).equals(weights)).toBe(true);
    expect(asked("published.h5")).toEqual([]);
  });

  it("is told of once when it cannot be reached, and the public address is taken", async () => {
    const registry = await openStore({ mirror: new URL("http://127.0.0.1:1/") });
    expect((await registry.file("vgg19")).card.id).toBe("vgg19");
    expect(logged).toEqual([expect.stringMatching(/^The mirror could not be asked for vgg19, cyclegan-horse2zebra, .*cannot be reached/)]);
  });

  it("cannot make anything be written elsewhere, or be taken that is not of the card", async () => {
    mirrored("fast-style-candy", fastStyle, { model: "../../escape.onnx" });
    mirrored("fast-style-mosaic", fastStyle, { id: "../vgg19" });
    mirrored("fast-style-udnie", fastStyle, { id: "fast-style-candy" });
    mirrored("fast-style-pointilism", fastStyle, { bytes: 199_999 });
    mirrored("pix2pix-facades", fastStyle, { sha256: "0".repeat(64) });
    server.files.set("models/pix2pix-edges2cats/card.json", Buffer.from("<html>"));
    server.files.set("models/pix2pix-edges2shoes/card.json", Buffer.alloc(1_000_001, " "));
    const registry = await openStore({ mirror: mirror() });
    for (const id of ["fast-style-candy", "fast-style-mosaic", "fast-style-udnie", "pix2pix-edges2cats", "pix2pix-edges2shoes"]) {
      expect(await registry.find(id)).toBeNull();
    }
    await expect(registry.file("fast-style-pointilism")).rejects.toThrow(/200000 bytes instead of 199999/);
    await expect(registry.file("pix2pix-facades")).rejects.toThrow(/checksum/);
    expect((await readdir(join(folder, "data"))).sort()).toEqual(["models"]);
    expect(logged.join("\n")).toMatch(/fast-style-candy/);
  });

  it("is waited for no longer when the registry closes", async () => {
    const registry = await openStore({ mirror: new URL("http://127.0.0.1:1/"), limits: { stallMs: 500, attempts: 5, backoffMs: 60_000 } });
    await registry.close();
    expect(logged).toEqual([]);
  });
});
