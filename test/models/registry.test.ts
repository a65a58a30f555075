import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openRegistry } from "../../server/models/registry.js";
import { fastStyleFields } from "../helpers/store-rig.js";

const folders: string[] = [];
async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-models-"));
  folders.push(folder);
  return folder;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Writes a feature model's card and file; `changes` go into the card. Returns the file's path. */
async function addFeatures(directory: string, folder: string, changes: Record<string, unknown> = {}): Promise<string> {
  const weights = randomBytes(1000);
  const card = {
    id: folder,
    title: "A model",
    kind: "features",
    model: "weights.safetensors",
    input: { layout: "NCHW", colour: "BGR", range: "0..255 minus mean", mean_bgr: [103.939, 116.779, 123.68] },
    params: 500,
    bytes: weights.byteLength,
    sha256: createHash("sha256").update(weights).digest("hex"),
    source: "random",
    licence: "MIT",
    ...changes,
  };
  await mkdir(join(directory, folder), { recursive: true });
  await writeFile(join(directory, folder, "card.json"), JSON.stringify(card));
  const path = join(directory, folder, "weights.safetensors");
  await writeFile(path, weights);
  return path;
}

describe("the registry", () => {
  it("leaves out ONNX files where they cannot be run", async () => {
    const mirrorDir = await emptyFolder();
    await addFeatures(mirrorDir, "features");
    await addFeatures(mirrorDir, "stylized", { ...fastStyleFields, model: "weights.onnx" });
    await rename(join(mirrorDir, "stylized", "weights.safetensors"), join(mirrorDir, "stylized", "weights.onnx"));
    const registry = await openRegistry({ bundledDir: await emptyFolder(), mirrorDir });
    expect(registry.readyIds(true)).toEqual(["features", "stylized"]);
    expect(registry.readyIds(false)).toEqual(["features"]);
  });

  it("lists the models in its folders, the bundled ones first", async () => {
    const [bundledDir, mirrorDir] = [await emptyFolder(), await emptyFolder()];
    await addFeatures(bundledDir, "small");
    await addFeatures(mirrorDir, "large_one");
    await writeFile(join(mirrorDir, "README.md"), "not a model");
    await mkdir(join(mirrorDir, "no-card"));
    const registry = await openRegistry({ bundledDir, mirrorDir });
    expect((await registry.list()).map(({ id, state }) => [id, state])).toEqual([
      ["small", "READY"],
      ["large_one", "READY"],
    ]);
    expect(registry.readyIds(true)).toEqual(["small", "large_one", "large-one"]);
    expect(await registry.find("small")).toEqual({
      id: "small",
      title: "A model",
      task: "FEATURES",
      family: "VGG",
      state: "READY",
      size: 224,
      parameters: 500,
      bytes: 1000,
      licence: "MIT",
      source: "random",
      architecture: { family: "vgg19" },
      translation: null,
      takes: null,
      minSize: null,
      downloadProgress: null,
      failure: null,
      willRetry: false,
      removed: false,
    });
    expect(registry.problems()).toEqual([]);
  });

  it("chooses vgg19 by default, else the largest feature model that is ready", async () => {
    const [bundledDir, mirrorDir] = [await emptyFolder(), await emptyFolder()];
    await addFeatures(bundledDir, "small", { params: 10 });
    const path = await addFeatures(bundledDir, "large", { params: 1_000_000 });
    await addFeatures(bundledDir, "broken", { params: 2_000_000, bytes: 999 });
    const without = await openRegistry({ bundledDir, mirrorDir });
    expect(await without.featureModel(null)).toEqual({
      id: "large",
      path,
      sha256: expect.any(String),
      architecture: { family: "vgg19" },
    });
    await expect(without.featureModel("vgg19")).rejects.toMatchObject({ code: "NOT_FOUND", detail: { field: "model" } });
    const vgg = await addFeatures(mirrorDir, "vgg19", { params: 20 });
    const registry = await openRegistry({ bundledDir, mirrorDir });
    expect(await registry.featureModel(null)).toEqual({
      id: "vgg19",
      path: vgg,
      sha256: expect.any(String),
      architecture: { family: "vgg19" },
    });
    expect((await registry.featureModel("small")).id).toBe("small");
  });

  it("chooses the next best feature model when the best one turns out to be damaged", async () => {
    const bundledDir = await emptyFolder();
    const path = await addFeatures(bundledDir, "small", { params: 10 });
    await addFeatures(bundledDir, "large", { params: 20, sha256: "0".repeat(64) });
    await addFeatures(bundledDir, "vgg19", { sha256: "0".repeat(64) });
    const registry = await openRegistry({ bundledDir, mirrorDir: null });
    expect(await registry.featureModel(null)).toMatchObject({ id: "small", path });
    expect((await registry.list()).map(({ state }) => state)).toEqual(["FAILED", "READY", "FAILED"]);
  });

  it("accepts a file that could not be read earlier", async () => {
    const folder = await emptyFolder();
    const path = await addFeatures(folder, "small");
    const registry = await openRegistry({ bundledDir: folder, mirrorDir: null });
    await rename(path, `${path}.away`);
    const refusal = await registry.file("small").catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "UNAVAILABLE", message: "The file of the model small cannot be read (ENOENT)." });
    expect((await registry.find("small"))?.state).toBe("READY");
    await rename(`${path}.away`, path);
    expect((await registry.file("small")).path).toBe(path);
  });

  it("refuses a default when no feature model is ready", async () => {
    const registry = await openRegistry({ bundledDir: await emptyFolder(), mirrorDir: null });
    expect(await registry.list()).toEqual([]);
    await expect(registry.featureModel(null)).rejects.toMatchObject({ name: "AtelierError", code: "UNAVAILABLE" });
  });

  it("finds nothing under an id that is a path", async () => {
    const mirrorDir = await emptyFolder();
    await addFeatures(mirrorDir, "vgg19");
    const registry = await openRegistry({ bundledDir: mirrorDir, mirrorDir: null });
    for (const id of ["../vgg19", "./vgg19", "vgg19/", "vgg19/../vgg19", "", "constructor", "VGG19", "vgg19\0"]) {
      expect(await registry.find(id)).toBeNull();
      await expect(registry.featureModel(id)).rejects.toMatchObject({ name: "AtelierError", code: "NOT_FOUND" });
    }
  });

  it("refuses files that are missing, short or damaged", async () => {
    const folder = await emptyFolder();
    await rm(await addFeatures(folder, "missing"));
    await addFeatures(folder, "short", { bytes: 1001 });
    await addFeatures(folder, "damaged", { sha256: "0".repeat(64) });
    const registry = await openRegistry({ bundledDir: folder, mirrorDir: null });
    const states = async () => Object.fromEntries((await registry.list()).map(({ id, state }) => [id, state]));
    expect(await states()).toEqual({ missing: "FAILED", short: "FAILED", damaged: "READY" });
    for (const id of ["missing", "short", "damaged"]) {
      const refusal = await registry.featureModel(id).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", detail: { field: "model" } });
      expect(String(refusal)).not.toContain(folder);
    }
    expect(await states()).toEqual({ missing: "FAILED", short: "FAILED", damaged: "FAILED" });
    expect(registry.problems().map(({ folder: name }) => name)).toEqual(["damaged", "missing", "short"]);
  });

  it("names what a file is that stands where a model should be", async () => {
    const folder = await emptyFolder();
    const page = "<!DOCTYPE html><title>Sign in</title>";
    await writeFile(await addFeatures(folder, "page"), page);
    await writeFile(await addFeatures(folder, "pointer"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1000\n");
    await writeFile(await addFeatures(folder, "same-size"), Buffer.alloc(1000, page));
    await addFeatures(folder, "card");
    await writeFile(join(folder, "card", "card.json"), page);
    const registry = await openRegistry({ bundledDir: await emptyFolder(), mirrorDir: folder });
    await expect(registry.file("same-size")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(Object.fromEntries(registry.problems().map(({ folder: name, reason }) => [name, reason]))).toEqual({
      card: 'The card is not JSON: "<", which is not JSON, at line 1, column 1. It is a web page.',
      page: "Its file is a web page; download the file itself.",
      pointer: "Its file is a Git LFS pointer, not the file that it stands for; run `git lfs pull` where it comes from.",
      "same-size": "Its file is a web page; download the file itself.",
    });
  });

  it("verifies a file once", async () => {
    const folder = await emptyFolder();
    const path = await addFeatures(folder, "small");
    const registry = await openRegistry({ bundledDir: folder, mirrorDir: null });
    await Promise.all([registry.file("small"), registry.file("small")]);
    await writeFile(path, "changed later");
    expect((await registry.file("small")).path).toBe(path);
  });

  it("skips cards that it cannot read, and lists the reasons", async () => {
    const [bundledDir, mirrorDir] = [await emptyFolder(), await emptyFolder()];
    await addFeatures(bundledDir, "good");
    await addFeatures(mirrorDir, "good");
    await addFeatures(mirrorDir, "other-name", { id: "name" });
    await addFeatures(mirrorDir, "Capital");
    await addFeatures(mirrorDir, "escape", { model: "../good/weights.safetensors" });
    await addFeatures(mirrorDir, "left-out", { kind: "wct" });
    await mkdir(join(mirrorDir, "no-json"));
    await writeFile(join(mirrorDir, "no-json", "card.json"), "{");
    await mkdir(join(mirrorDir, "endless"));
    await writeFile(join(mirrorDir, "endless", "card.json"), " ".repeat(1_000_001));
    const registry = await openRegistry({ bundledDir, mirrorDir });
    expect((await registry.list()).map(({ id }) => id)).toEqual(["good"]);
    expect(registry.problems().map(({ folder }) => folder)).toEqual(["Capital", "endless", "escape", "good", "no-json", "other-name"]);
  });

  it("opens without a mirror folder that does not exist", async () => {
    const bundledDir = await emptyFolder();
    await addFeatures(bundledDir, "small");
    const registry = await openRegistry({ bundledDir, mirrorDir: join(bundledDir, "gone") });
    expect((await registry.list()).map(({ id }) => id)).toEqual(["small"]);
    expect(registry.problems()).toHaveLength(1);
  });
});
