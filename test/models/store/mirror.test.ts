import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { breakOffAfter } from "../../helpers/file-server.js";
import { fastStyle, features, StoreRig, states } from "../../helpers/store-rig.js";

const rig = new StoreRig();
const asked = (ending: string) => rig.server.asked.filter(({ path }) => path.endsWith(ending));

describe("a mirror at an address", () => {
  const mirror = () => rig.server.url("models/");

  it("is asked for the networks that are known, which are fetched when they are wanted", async () => {
    const style = rig.mirrored("fast-style-rain_princess", fastStyle);
    const registry = await rig.openStore({ mirror: mirror() });
    expect(await registry.find("fast-style-rain-princess")).toMatchObject({ state: "AVAILABLE", task: "TRANSLATION", minSize: 32 });
    expect(await registry.find("fast-style-candy")).toBeNull();
    expect(asked("style.onnx")).toEqual([]);
    rig.server.tricks.push(breakOffAfter(100_000));
    const { path } = await registry.file("fast-style-rain-princess");
    expect((await readFile(path)).equals(style)).toBe(true);
    expect(await readdir(join(rig.fetched, "fast-style-rain-princess"))).toEqual(["card.json", "style.onnx"]);
    expect(asked("style.onnx").map(({ range }) => range)).toEqual([null, expect.stringMatching(/^bytes=/)]);
    const again = await rig.openStore();
    expect(await states(again)).toEqual({ vgg19: "AVAILABLE", "fast-style-rain-princess": "READY" });
    expect(rig.logged).toEqual([]);
  });

  it("goes before the public address", async () => {
    const weights = rig.mirrored("vgg19", features);
    const registry = await rig.openStore({ mirror: mirror() });
    const { path } = await registry.file("vgg19");
    expect((await readFile(path)).equals(weights)).toBe(true);
    expect(asked("published.h5")).toEqual([]);
  });

  it("is reported once when it cannot be reached, and the public address is used", async () => {
    const registry = await rig.openStore({ mirror: new URL("http://127.0.0.1:1/") });
    expect((await registry.file("vgg19")).card.id).toBe("vgg19");
    expect(rig.logged).toEqual([
      expect.stringMatching(/^The mirror could not be asked for vgg19, cyclegan-horse2zebra, .*cannot be reached/),
    ]);
  });

  it("cannot make anything be written elsewhere, or be taken that is not of the card", async () => {
    rig.mirrored("fast-style-candy", fastStyle, { model: "../../escape.onnx" });
    rig.mirrored("fast-style-mosaic", fastStyle, { id: "../vgg19" });
    rig.mirrored("fast-style-udnie", fastStyle, { id: "fast-style-candy" });
    rig.mirrored("fast-style-pointilism", fastStyle, { bytes: 199_999 });
    rig.mirrored("pix2pix-facades", fastStyle, { sha256: "0".repeat(64) });
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
  });

  it("is waited for no longer when the registry closes", async () => {
    const registry = await rig.openStore({
      mirror: new URL("http://127.0.0.1:1/"),
      limits: { stallMs: 500, attempts: 5, backoffMs: 60_000 },
    });
    await registry.close();
    expect(rig.logged).toEqual([]);
  });
});
