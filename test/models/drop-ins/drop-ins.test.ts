import { EventEmitter, once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unavailable } from "../../../server/errors.js";
import type { ModelToTry, TryModel } from "../../../server/models/drop-ins/check.js";
import type { DropInOptions } from "../../../server/models/drop-ins/drop-ins.js";
import type { Model } from "../../../server/models/model.js";
import { openRegistry, type Registry } from "../../../server/models/registry.js";
import { dropIn, negative, sha256Of, shortCard } from "../../helpers/drop-in.js";
import { eventually } from "../../helpers/eventually.js";

let folder: string;
let dropped: string;
/** Ids in the order in which they were tried. */
let tried: string[];
/** Events of the registry, newest last. */
let events: Model[];
const open: Registry[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-drop-"));
  dropped = join(folder, "data", "models");
  await mkdir(join(folder, "bundled"));
  tried = [];
  events = [];
});
afterEach(async () => {
  for (const registry of open.splice(0)) await registry.close();
  await rm(folder, { recursive: true, force: true });
});

/** A registry whose trial decides by the id. */
async function start(
  tryModel: TryModel = tryByName,
  { offline = false, ...more }: Partial<DropInOptions> & { offline?: boolean } = {},
): Promise<Registry> {
  const quick = { stillMs: 40, rescanMs: 40, log: () => undefined };
  const registry = await openRegistry({
    bundledDir: join(folder, "bundled"),
    mirrorDir: null,
    store: { folder: dropped, mirror: null, offline },
    dropIns: { folder: dropped, tryModel, ...quick, ...more },
  });
  registry.watch((model) => events.push(model));
  open.push(registry);
  return registry;
}

async function tryByName({ id }: ModelToTry): Promise<{ parameters: number }> {
  tried.push(id);
  if (id.startsWith("bad")) throw unavailable("It returns nonsense.");
  return { parameters: 7 };
}

async function until(registry: Registry, id: string, state: Model["state"] | null): Promise<Model | null> {
  return eventually(async () => {
    const model = (await registry.list()).find((one) => one.id === id) ?? null;
    expect(model?.state ?? null).toBe(state);
    expect(model?.failure ?? "").not.toMatch(/is changing/);
    return model;
  });
}

describe("a folder that is dropped in", () => {
  test("becomes a usable model, and disappears from the list with its folder", async () => {
    const registry = await start();
    const path = await dropIn(dropped, "negative_one");
    expect(await until(registry, "negative_one", "READY")).toMatchObject({
      id: "negative_one",
      family: "OTHER",
      bytes: negative.byteLength,
      parameters: 7,
      takes: "PHOTO",
      licence: "not stated",
      minSize: 16,
    });
    expect(await registry.file("negative_one")).toMatchObject({ path: join(path, "net.onnx"), card: { sha256: sha256Of(negative) } });
    expect(events.at(-1)).toMatchObject({ id: "negative_one", state: "READY", removed: false });
    await rm(path, { recursive: true });
    await until(registry, "negative_one", null);
    expect(events.at(-1)).toMatchObject({ id: "negative_one", removed: true });
    await expect(registry.file("negative_one")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("is tried when it is complete, and again when it changes", async () => {
    const registry = await start();
    await dropIn(dropped, "half", negative.subarray(0, 50), shortCard("half", { bytes: negative.byteLength }));
    expect(await until(registry, "half", "FAILED")).toMatchObject({ failure: `Its file has 50 bytes instead of ${negative.byteLength}.` });
    expect(tried).toEqual([]);
    await writeFile(join(dropped, "half", "net.onnx"), negative);
    await until(registry, "half", "READY");
    expect(tried).toEqual(["half"]);
    await writeFile(join(dropped, "half", "card.json"), JSON.stringify(shortCard("half", { title: "Whole" })));
    await eventually(async () => expect(await registry.find("half")).toMatchObject({ title: "Whole", state: "READY" }));
  });

  test("is READY at the next start without another trial, unless it changed in between", async () => {
    const registry = await start();
    await dropIn(dropped, "kept");
    await dropIn(dropped, "touched");
    await until(registry, "kept", "READY");
    await until(registry, "touched", "READY");
    await registry.close();
    tried = [];
    await writeFile(join(dropped, "touched", "net.onnx"), Buffer.concat([negative, new Uint8Array([8 * 99, 6, 0])]));
    const again = await start();
    expect(await again.find("kept")).toMatchObject({ state: "READY", parameters: 7 });
    expect(await again.find("touched")).toBeNull();
    await until(again, "touched", "READY");
    expect(tried).toEqual(["touched"]);
    expect(await again.file("kept")).toMatchObject({ card: { sha256: sha256Of(negative) } });
  });

  test("is accepted when the record of trials is damaged", async () => {
    await mkdir(dropped, { recursive: true });
    await writeFile(join(dropped, ".tried.json"), '{"version":1,"folders":{"kept":{"fingerprint":1}}}');
    await dropIn(dropped, "kept");
    await until(await start(), "kept", "READY");
  });

  test("is not listed when it is removed during its trial", async () => {
    let ended: unknown = null;
    const registry = await start((_model, signal) => {
      return new Promise((_resolve, reject) => {
        tried.push("slow");
        signal.addEventListener("abort", () => {
          ended = signal.reason;
          reject(signal.reason);
        });
      });
    });
    const path = await dropIn(dropped, "slow");
    await eventually(() => expect(tried).toEqual(["slow"]));
    // At once: file by file, it would be seen to change first.
    await rename(path, join(folder, "slow"));
    await eventually(() => expect(ended).toMatchObject({ message: "Its folder was removed." }));
    expect((await registry.list()).map(({ id }) => id)).not.toContain("slow");
  });
});

describe("what comes before the trial", () => {
  test("holds up no other folder, and models are tried one at a time", async () => {
    const allowing = new EventEmitter();
    const allowed = once(allowing, "allowed");
    const waiting: string[] = [];
    let [running, most] = [0, 0];
    const tryModel: TryModel = async (model) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return tryByName(model);
    };
    const registry = await start(tryModel, {
      async beforeTrial({ id }) {
        if (id === "quick") return;
        waiting.push(id);
        await allowed;
      },
    });
    const slow = ["slow-a", "slow-b", "slow-c"];
    for (const id of slow) await dropIn(dropped, id);
    await eventually(() => expect(waiting.toSorted()).toEqual(slow));
    await dropIn(dropped, "quick");
    await until(registry, "quick", "READY");
    expect(tried).toEqual(["quick"]);
    allowing.emit("allowed");
    for (const id of slow) await until(registry, id, "READY");
    expect([most, waiting.toSorted()]).toEqual([1, slow]);
  });

  test("ends when the folder is removed, and refuses the model where it fails", async () => {
    let isWaiting = false;
    let ended: unknown = null;
    const registry = await start(tryByName, {
      async beforeTrial({ id }, signal) {
        if (id === "taken") throw unavailable("It is somewhere else.");
        isWaiting = true;
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            ended = signal.reason;
            reject(signal.reason);
          });
        });
      },
    });
    await dropIn(dropped, "taken");
    expect(await until(registry, "taken", "FAILED")).toMatchObject({ failure: "It is somewhere else." });
    const path = await dropIn(dropped, "slow");
    await expect.poll(() => isWaiting).toBe(true);
    // At once: a folder that is removed file by file may be seen in between, as one that has changed.
    await rename(path, join(folder, "away"));
    await expect.poll(() => ended).toMatchObject({ message: "Its folder was removed." });
    expect((await registry.list()).map(({ id }) => id)).not.toContain("slow");
    expect(tried).toEqual([]);
  });
});

test("all models disappear from the list with the directory, and return with it", async () => {
  const registry = await start();
  await dropIn(dropped, "one");
  await until(registry, "one", "READY");
  await rename(dropped, join(folder, "away"));
  await until(registry, "one", null);
  await rename(join(folder, "away"), dropped);
  await until(registry, "one", "READY");
});

test("a picture of an example result is the preview, unless it is a link to a place outside the folder", async () => {
  const registry = await start();
  const path = await dropIn(dropped, "shown");
  await mkdir(join(path, "reference"));
  await writeFile(join(path, "reference", "output.png"), "a picture");
  await writeFile(join(folder, "secret.png"), "a secret");
  await symlink(join(folder, "secret.png"), join(path, "sheet.png"));
  await until(registry, "shown", "READY");
  expect(await registry.picture("shown", "preview")).toBe(join(path, "reference", "output.png"));
  expect(await registry.picture("shown", "sheet")).toBeNull();
});

test("a refused model is tried again on request", async () => {
  let succeeds = false;
  const registry = await start(async () => {
    if (!succeeds) throw unavailable("The server was too busy to try it.");
    return { parameters: 1 };
  });
  await dropIn(dropped, "refused");
  await until(registry, "refused", "FAILED");
  expect(registry.isDownloadable("refused")).toBe(true);
  succeeds = true;
  expect(await registry.download("refused")).toMatchObject({ state: "FAILED", failure: "Its folder is checked again." });
  await until(registry, "refused", "READY");
  expect((await registry.download("refused")).state).toBe("READY");
  expect(registry.isDownloadable("refused")).toBe(false);
});

test("a refused model that could be downloaded is tried again where nothing may be downloaded", async () => {
  await dropIn(dropped, "vgg19");
  let succeeds = false;
  const registry = await start(
    async () => {
      if (!succeeds) throw unavailable("The server was too busy to try it.");
      return { parameters: 1 };
    },
    { offline: true },
  );
  await until(registry, "vgg19", "FAILED");
  succeeds = true;
  expect(registry.isDownloadable("vgg19")).toBe(true);
  await registry.download("vgg19");
  await until(registry, "vgg19", "READY");
});

describe("a folder that is refused", () => {
  test.each<[string, RegExp, (name: string) => Promise<unknown>]>([
    ["no-card", /no card\.json/, (name) => dropIn(dropped, name, negative, null)],
    ["no-file", /no other\.onnx in its folder/, (name) => dropIn(dropped, name, negative, shortCard(name, { model: "other.onnx" }))],
    ["other-id", /id is some-other/, (name) => dropIn(dropped, name, negative, shortCard("some-other"))],
    ["escape", /card's model does not have a form/, (name) => dropIn(dropped, name, negative, shortCard(name, { model: "../net.onnx" }))],
    ["wct", /card's kind/, (name) => dropIn(dropped, name, negative, shortCard(name, { kind: "wct" }))],
    ["sum", /checksum differs/, (name) => dropIn(dropped, name, negative, shortCard(name, { sha256: "0".repeat(64) }))],
    ["wide", /min_size is too large.*2048/, (name) => dropIn(dropped, name, negative, shortCard(name, { min_size: 4096 }))],
    ["countless", /card's params.*2147483647/, (name) => dropIn(dropped, name, negative, shortCard(name, { params: 5e9 }))],
    ["bad-one", /^It returns nonsense\.$/, (name) => dropIn(dropped, name)],
  ])("is listed with the reason: %s", async (name, reason, write) => {
    const registry = await start();
    await write(name);
    const model = await until(registry, name, "FAILED");
    expect(model?.failure).toMatch(reason);
    expect(model?.failure).not.toContain(folder);
    await expect(registry.file(name)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await rm(join(dropped, name), { recursive: true });
    await until(registry, name, null);
  });

  test("when it or its file is a link, which may lead anywhere", async () => {
    const registry = await start();
    await writeFile(join(folder, "secret.onnx"), negative);
    const path = await dropIn(dropped, "linked");
    await rm(join(path, "net.onnx"));
    await symlink(join(folder, "secret.onnx"), join(path, "net.onnx"));
    await dropIn(folder, "outside");
    await symlink(join(folder, "outside"), join(dropped, "outside"));
    expect(await until(registry, "linked", "FAILED")).toMatchObject({ failure: expect.stringMatching(/^net\.onnx is a link/) });
    expect(await until(registry, "outside", "FAILED")).toMatchObject({ failure: expect.stringMatching(/^Its folder is a link/) });
    expect(tried).toEqual([]);
  });

  test("when its name is not a valid id, and is listed under the nearest one", async () => {
    const registry = await start();
    await dropIn(dropped, "My Model!");
    expect(await until(registry, "my-model", "FAILED")).toMatchObject({
      title: "My Model!",
      failure: expect.stringMatching(/not a valid id/),
    });
  });
});

describe("an id with underscores", () => {
  test("also has its former form, with hyphens, unless that is the id of another model", async () => {
    const registry = await start();
    await dropIn(dropped, "a_b", negative, shortCard("a-b", { title: "First" }));
    await until(registry, "a_b", "READY");
    expect(await registry.find("a-b")).toMatchObject({ id: "a_b", title: "First" });
    expect(registry.storedIds("a-b")).toEqual(["a_b", "a-b"]);
    expect(await registry.file("a-b")).toEqual(await registry.file("a_b"));
    expect(await registry.find("A_B")).toBeNull();

    const path = await dropIn(dropped, "a-b", negative, shortCard("a_b", { title: "Second" }));
    await until(registry, "a-b", "READY");
    expect([(await registry.find("a-b"))?.title, (await registry.find("a_b"))?.title]).toEqual(["Second", "First"]);
    expect([registry.storedIds("a-b"), registry.storedIds("a_b")]).toEqual([["a-b"], ["a_b"]]);
    await rm(path, { recursive: true });
    await until(registry, "a-b", null);
    expect(await registry.find("a-b")).toMatchObject({ id: "a_b" });
  });

  test("is not hidden by a folder whose name is not a valid id", async () => {
    const registry = await start();
    await dropIn(dropped, "a_b");
    await until(registry, "a_b", "READY");
    await dropIn(dropped, "A B");
    await until(registry, "a-b-2", "FAILED");
    expect(await registry.find("a-b")).toMatchObject({ id: "a_b", state: "READY" });
  });
});

describe("an id that is taken", () => {
  test("stays with the model that had it first; the other is FAILED under another id until the first one is removed", async () => {
    await dropIn(join(folder, "bundled"), "mine", negative, fullCard("mine"));
    const registry = await start();
    await dropIn(dropped, "mine", negative, shortCard("mine"));
    expect(await until(registry, "mine-2", "FAILED")).toMatchObject({ failure: expect.stringMatching(/another model mine already/) });
    expect(await registry.find("mine")).toMatchObject({ state: "READY", family: "OTHER", licence: "none" });

    await dropIn(dropped, "Not An Id");
    await until(registry, "not-an-id", "FAILED");
    await dropIn(dropped, "not-an-id", negative, shortCard("not-an-id", { title: "Second" }));
    await until(registry, "not-an-id-2", "FAILED");
    await rm(join(dropped, "Not An Id"), { recursive: true });
    await eventually(async () => expect(await registry.find("not-an-id")).toMatchObject({ title: "Second", state: "READY" }));
    await until(registry, "not-an-id-2", null);
  });

  test("is not a problem if it belongs to a copy of the same file", async () => {
    await dropIn(join(folder, "bundled"), "mine", negative, fullCard("mine"));
    const registry = await start();
    await cp(join(folder, "bundled", "mine"), join(dropped, "mine"), { recursive: true });
    await dropIn(dropped, "next");
    await until(registry, "next", "READY");
    expect((await registry.list()).map(({ id, state }) => [id, state])).toEqual([
      ["mine", "READY"],
      ["next", "READY"],
      ["vgg19", "AVAILABLE"],
    ]);
  });

  test("passes from a model that is not downloaded to a dropped folder, and back when the folder is removed", async () => {
    const registry = await start();
    expect(await registry.find("vgg19")).toMatchObject({ state: "AVAILABLE" });
    const path = await dropIn(dropped, "vgg19");
    expect(await until(registry, "vgg19", "READY")).toMatchObject({ title: "vgg19", task: "TRANSLATION" });
    await rename(path, join(folder, "away"));
    expect(await until(registry, "vgg19", "AVAILABLE")).toMatchObject({ task: "FEATURES", removed: false });
  });
});

test("folders that the store has begun to fill are left to the store", async () => {
  await mkdir(join(dropped, "vgg19"), { recursive: true });
  await writeFile(join(dropped, "vgg19", "vgg19.h5.partial"), "the beginning");
  const registry = await start();
  await dropIn(dropped, "other");
  await until(registry, "other", "READY");
  expect(await registry.find("vgg19")).toMatchObject({ state: "AVAILABLE", failure: null });
  expect(await readdir(join(dropped, "vgg19"))).toEqual(["vgg19.h5.partial"]);
});

function fullCard(id: string): Record<string, unknown> {
  return shortCard(id, { bytes: negative.byteLength, sha256: sha256Of(negative), params: 1, licence: "none", source: "a test" });
}
