import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { TranslationForm } from "../../models/card.js";
import { openRegistry } from "../../models/registry.js";
import { tryInProcess } from "../../server/host/model-trial.js";
import { badFiles, dropIn, endless, negative } from "../helpers/drop-in.js";

const form: TranslationForm = {
  inputName: "input",
  outputName: "output",
  inputRange: "SIGNED",
  outputRange: "SIGNED",
  sizeMultiple: 16,
  minSize: 16,
};
const patient = new AbortController().signal;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-trial-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function stored(file: Uint8Array): Promise<{ id: string; path: string; architecture: null; form: TranslationForm }> {
  const path = join(folder, "net.onnx");
  await writeFile(path, file);
  return { id: "net", path, architecture: null, form };
}

test("a generator passes, and its weights are counted", async () => {
  expect(await tryInProcess(await stored(negative), patient)).toEqual({ parameters: 1 });
});

describe("a model is refused", () => {
  test.each<[keyof typeof badFiles, RegExp]>([
    ["twoInputs", /^Its file has 2 inputs, and one is needed\.$/],
    ["otherNames", /^Its file has no output "output"; it is called "result" there\.$/],
    ["sixChannels", /^The output of its file is 1 x 6 x \? x \?, not 1 x 3 x height x width\.$/],
    ["fixedSize", /height and width have to be free/],
    ["notANumber", /values that are no colours/],
    ["halfTheSize", /answered \[1, 3, 32, 40\] to a picture of 80 x 64 px/],
    ["throwing", /could not compute the graph.*Reshape/],
    ["unknownOperator", /no graph that ONNX Runtime can run.*Enchant/],
    ["externalData", /external data/],
    ["noModel", /no ONNX model/],
  ])("for %s", async (name, reason) => {
    const refusal = await tryInProcess(await stored(badFiles[name]), patient).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: expect.stringMatching(reason) });
    expect(String(refusal)).not.toContain(folder);
  });

  test("that takes too long", async () => {
    const trial = tryInProcess(await stored(endless()), patient, { timeMs: 1000 });
    await expect(trial).rejects.toThrow("It took more than 1 s for a small picture.");
  });

  test("that needs too much memory", async () => {
    // What any such process needs is more than this.
    const trial = tryInProcess(await stored(endless()), patient, { memoryBytes: 40e6 });
    await expect(trial).rejects.toThrow("It needs too much memory for a small picture.");
  });
});

test("a trial ends when the server closes", async () => {
  const closing = new AbortController();
  const trial = tryInProcess(await stored(endless()), closing.signal);
  closing.abort(new Error("closing"));
  await expect(trial).rejects.toThrow("closing");
});

test("a dropped folder whose model hangs is listed with the reason, and the next one is tried", async () => {
  const dropped = join(folder, "dropped");
  const registry = await openRegistry({
    bundledDir: folder,
    mirrorDir: null,
    dropIns: {
      folder: dropped,
      tryModel: (model, signal) => tryInProcess(model, signal, { timeMs: model.id === "hanging" ? 1000 : 30_000 }),
      stillMs: 50,
      log: () => undefined,
    },
  });
  onTestFinished(() => registry.close());
  await dropIn(dropped, "hanging", endless());
  await dropIn(dropped, "sound");
  const state = async (id: string) => (await registry.list()).find((model) => model.id === id);
  await expect
    .poll(() => state("hanging"), { timeout: 30_000 })
    .toMatchObject({ state: "FAILED", failure: expect.stringMatching(/^It took more than 1 s/) });
  await expect.poll(() => state("sound"), { timeout: 30_000 }).toMatchObject({ state: "READY" });
});
