import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { breakOffAfter, status } from "../../helpers/file-server.js";
import { fastStyleFields, featureFields, StoreRig, states } from "../../helpers/store-rig.js";

const rig = new StoreRig();
const requested = (ending: string) => rig.server.requests.filter(({ path }) => path.endsWith(ending));

describe("a mirror at an address", () => {
  const mirror = () => rig.server.url("models/");

  it("is asked which known models it has, which are downloaded when they are needed", async () => {
    const style = rig.addToMirror("fast-style-rain_princess", fastStyleFields);
    const registry = await rig.openStore({ mirror: mirror() });
    expect(await registry.find("fast-style-rain_princess")).toMatchObject({ state: "AVAILABLE", task: "TRANSLATION", minSize: 32 });
    const former = "fast-style-rain-princess";
    expect([registry.needsDownload(former), registry.isDownloadable(former), registry.unusableReason(former)]).toEqual([true, true, null]);
    await expect(registry.cancelDownload(former)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await registry.find("fast-style-candy")).toBeNull();
    expect(requested("style.onnx")).toEqual([]);
    rig.server.faults.push(breakOffAfter(100_000));
    const { path } = await registry.file("fast-style-rain_princess");
    expect((await readFile(path)).equals(style)).toBe(true);
    expect(await readdir(join(rig.downloads, "fast-style-rain_princess"))).toEqual(["card.json", "style.onnx"]);
    expect(requested("style.onnx").map(({ range }) => range)).toEqual([null, expect.stringMatching(/^bytes=/)]);
    const again = await rig.openStore();
    expect(await states(again)).toEqual({ vgg19: "AVAILABLE", "fast-style-rain_princess": "READY" });
    expect(rig.logged).toEqual([]);
  });

  it("uses what an earlier server downloaded into a folder with hyphens, complete or not", async () => {
    const style = rig.addToMirror("fast-style-rain_princess", fastStyleFields);
    const [now, former] = ["fast-style-rain_princess", "fast-style-rain-princess"].map((name) => join(rig.downloads, name)) as [
      string,
      string,
    ];
    await (await rig.openStore({ mirror: mirror() })).file("fast-style-rain_princess");
    await rename(now, former);
    const offline = await rig.openStore({ offline: true });
    expect(await states(offline)).toEqual({ "fast-style-rain_princess": "READY" });
    expect((await offline.file("fast-style-rain-princess")).path).toBe(join(now, "style.onnx"));

    await rm(now, { recursive: true });
    rig.server.faults.push(breakOffAfter(100_000), status(404));
    await expect((await rig.openStore({ mirror: mirror() })).file("fast-style-rain_princess")).rejects.toThrow(/404/);
    await rename(now, former);
    const { path } = await (await rig.openStore({ mirror: mirror() })).file("fast-style-rain-princess");
    expect((await readFile(path)).equals(style)).toBe(true);
    expect(requested("style.onnx").at(-1)?.range).toMatch(/^bytes=[1-9]/);
    expect(rig.logged).toEqual([]);
  });

  it("leaves a folder with hyphens in which another model is", async () => {
    rig.addToMirror("fast-style-rain_princess", fastStyleFields);
    const other = join(rig.downloads, "fast-style-rain-princess");
    await mkdir(other, { recursive: true });
    await writeFile(join(other, "card.json"), JSON.stringify({ id: "fast-style-rain-princess" }));
    const registry = await rig.openStore({ mirror: mirror() });
    expect((await registry.find("fast-style-rain_princess"))?.state).toBe("AVAILABLE");
    expect(await readdir(rig.downloads)).toEqual(["fast-style-rain-princess"]);
  });

  it("has precedence over the public address", async () => {
    const weights = rig.addToMirror("vgg19", featureFields);
    const registry = await rig.openStore({ mirror: mirror() });
    const { path } = await registry.file("vgg19");
    expect((await readFile(path)).equals(weights)).toBe(true);
    expect(requested("published.h5")).toEqual([]);
  });

  it("is logged once when it cannot be reached, and the public address is used", async () => {
    const registry = await rig.openStore({ mirror: new URL("http://127.0.0.1:1/") });
    expect((await registry.file("vgg19")).card.id).toBe("vgg19");
    expect(rig.logged).toEqual([
      expect.stringMatching(/^The mirror could not be asked for vgg19, cyclegan-horse2zebra, .*cannot be reached/),
    ]);
  });

  it("cannot write outside the model's folder, or provide files that differ from the card", async () => {
    rig.addToMirror("fast-style-candy", fastStyleFields, { model: "../../escape.onnx" });
    rig.addToMirror("fast-style-mosaic", fastStyleFields, { id: "../vgg19" });
    rig.addToMirror("fast-style-udnie", fastStyleFields, { id: "fast-style-candy" });
    rig.addToMirror("fast-style-pointilism", fastStyleFields, { bytes: 199_999 });
    rig.addToMirror("pix2pix-facades", fastStyleFields, { sha256: "0".repeat(64) });
    rig.server.files.set("models/pix2pix-edges2cats/card.json", Buffer.from("<html>"));
    rig.server.files.set("models/pix2pix-edges2shoes/card.json", Buffer.alloc(1_000_001, " "));
    const registry = await rig.openStore({ mirror: mirror() });
    for (const id of ["fast-style-candy", "fast-style-mosaic", "fast-style-udnie", "pix2pix-edges2cats", "pix2pix-edges2shoes"]) {
      expect(await registry.find(id)).toBeNull();
    }
    await expect(registry.file("fast-style-pointilism")).rejects.toThrow(/200000 bytes instead of 199999/);
    await expect(registry.file("pix2pix-facades")).rejects.toThrow(/checksum/);
    expect((await readdir(join(rig.folder, "data"))).sort()).toEqual(["models"]);
    expect(rig.logged.join("\n")).toMatch(/fast-style-candy/);
    expect(rig.logged).toContainEqual(
      expect.stringMatching(/^The mirror could not be asked for pix2pix-edges2cats\. .* It is a web page\.$/),
    );
  });

  it("does not delay the closing of the registry", async () => {
    const registry = await rig.openStore({
      mirror: new URL("http://127.0.0.1:1/"),
      limits: { stallMs: 500, attempts: 5, backoffMs: 60_000 },
    });
    await registry.close();
    expect(rig.logged).toEqual([]);
  });
});
