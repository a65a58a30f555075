import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { reasonOf } from "../../server/device/trial.js";
import { AtelierError } from "../../server/errors.js";
import type { Tensor } from "../../server/graph/tensor.js";
import { processorTrial } from "../../server/host/device-trials.js";
import { TrialCutShort, tryInProcess } from "../../server/host/model-trial.js";
import { type ModelCard, parseCard, type TranslationForm } from "../../server/models/card.js";
import { openRegistry } from "../../server/models/registry.js";
import type { NetworkWeights } from "../../server/models/safetensors.js";
import { badFiles, dropIn, endless, negative } from "../helpers/drop-in.js";
import { writeSafetensors } from "../helpers/safetensors.js";
import { softwareVulkan } from "../helpers/software-vulkan.js";
import { type TinyGenerator, tinyGenerators, tinyWeights } from "../helpers/tiny-generators.js";

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

test.each([
  ["pass", negative],
  ["be refused", badFiles.notANumber],
])("a file that would %s has no verdict when it is not the one that was checked", async (_what, bytes) => {
  const file = { sha256: createHash("sha256").update(badFiles.twoInputs).digest("hex"), bytes: badFiles.twoInputs.byteLength };
  const checked = { ...(await stored(badFiles.twoInputs)), file, card: { sha256: "0".repeat(64), bytes: 1 }, isRetry: false };
  const verdict = () => processorTrial(() => undefined).run(checked, patient);
  await expect(verdict()).rejects.toMatchObject({ message: expect.stringContaining("2 inputs") });
  await writeFile(checked.path, bytes);
  const refusal = await verdict().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(TrialCutShort);
  expect(refusal).toMatchObject({ message: "Its file was changed while it was tried." });
  await rm(checked.path);
  const unread = await verdict().catch((error: unknown) => error);
  expect(unread).toBeInstanceOf(TrialCutShort);
  expect(unread).toMatchObject({ message: expect.stringMatching(/^Its file cannot be read/) });
});

describe("weights with an architecture", () => {
  const [, tiny] = tinyGenerators.find(([, { architecture }]) => architecture.family === "unet-generator") ?? [];
  const sides = { sizeMultiple: 16, minSize: 16 };
  const model = { id: "weights", architecture: tiny?.architecture ?? null, form: { ...form, ...sides } };

  async function trial(weights: NetworkWeights): Promise<unknown> {
    const path = join(folder, "weights.safetensors");
    await writeSafetensors(path, weights);
    return tryInProcess({ ...model, path }, patient);
  }

  test("pass, and are counted", async () => {
    const weights = tinyWeights(tiny as TinyGenerator);
    const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
    expect(await trial(weights)).toEqual({ parameters });
  });

  test("are refused when one is missing or not a number", async () => {
    const [[first, { shape, data }], ...others] = Object.entries(tinyWeights(tiny as TinyGenerator)) as [
      [string, Tensor],
      ...[string, Tensor][],
    ];
    await expect(trial(Object.fromEntries(others))).rejects.toThrow(`it has no tensor "${first}"`);
    const broken = { shape, data: data.map(() => Number.NaN) };
    await expect(trial({ ...Object.fromEntries(others), [first]: broken })).rejects.toThrow(/no colours/);
  });

  test("pass for a feature network", async () => {
    const bundled = join(import.meta.dirname, "../../models/bundled/vgg19-lite");
    const card = parseCard(await readFile(join(bundled, "card.json"), "utf8")) as ModelCard;
    const file = { id: card.id, path: join(bundled, card.file), architecture: card.architecture, form: null };
    expect(await tryInProcess(file, patient)).toEqual({ parameters: card.parameters });
  });
});

describe.skipIf(softwareVulkan === null)("on a card, by a software driver,", () => {
  const onCard = async (file: Uint8Array, drivers = softwareVulkan ?? {}): Promise<unknown> => {
    for (const [name, value] of Object.entries(drivers)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    return tryInProcess(await stored(file), patient, { device: "webgpu", startMs: 120_000, timeMs: 120_000 });
  };

  test("a generator passes", async () => {
    expect(await onCard(negative)).toEqual({ parameters: 1 });
  });

  test("no model is refused where the card fails", async () => {
    const none = join(folder, "no-driver.json");
    const trial = onCard(negative, { VK_ICD_FILENAMES: none, VK_DRIVER_FILES: none });
    await expect(trial).rejects.toThrow(TrialCutShort);
    await expect(trial).rejects.toThrow("The device webgpu could not be opened for it. WebGPU finds no graphics processor.");
  });
});

test("a model that fails on another device is refused, and the reason names the device", async () => {
  // The reference needs no driver, whose test takes long in software.
  const [, { architecture }] = tinyGenerators[0]!;
  const weights = Object.entries(tinyWeights(tinyGenerators[0]![1]));
  const path = join(folder, "nonsense.safetensors");
  await writeSafetensors(
    path,
    Object.fromEntries(weights.map(([name, { shape, data }]) => [name, { shape, data: data.map(() => Number.NaN) }])),
  );
  const refusal = await tryInProcess({ id: "nonsense", path, architecture, form }, patient, { device: "reference", timeMs: 120_000 }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({ message: expect.stringMatching(/^On the device reference: .*values that are no colours/) });
  expect(refusal).not.toBeInstanceOf(TrialCutShort);
});

test("a reason contains no path", () => {
  const path = "/srv/data/models/net/net.onnx";
  for (const text of [
    `Load model from ${path} failed`,
    "open '/srv/data/other.bin'",
    "C:\\data\\models\\net\\x.bin missing",
    "in /a/b.h:91 x",
  ]) {
    expect(reasonOf(new AtelierError("UNAVAILABLE", "Refused.", {}, { cause: new Error(text) }), path)).not.toMatch(/srv|data|\\|\/a/);
  }
});

describe("a model is refused", () => {
  test.each<[keyof typeof badFiles, RegExp]>([
    ["twoInputs", /^Its file has 2 inputs; it must have exactly one\.$/],
    ["otherNames", /^Its file has no output "output"; it is called "result" there\.$/],
    ["sixChannels", /^The output of its file is 1 x 6 x \? x \?, not 1 x 3 x height x width\.$/],
    ["fixedSize", /height and width have to be free/],
    ["negativeSize", /^The input of its file is 1 x 3 x -1 x -1, and no size is less than 1\./],
    ["channelsLast", /^The input of its file is 1 x \? x \? x 3: the channels come last \(NHWC\)\./],
    ["notANumber", /values that are no colours/],
    ["halfTheSize", /returned \[1, 3, 32, 40\] for a picture of 80 x 64 px/],
    ["throwing", /could not compute the graph.*Reshape/],
    ["unknownOperator", /no graph that ONNX Runtime can run.*Enchant/],
    ["externalData", /external data/],
    ["noModel", /no ONNX model/],
  ])("for %s", async (name, reason) => {
    const refusal = await tryInProcess(await stored(badFiles[name]), patient).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "AtelierError", code: "UNAVAILABLE", message: expect.stringMatching(reason) });
    expect(refusal).not.toBeInstanceOf(TrialCutShort);
    expect(String(refusal)).not.toContain(folder);
  });

  test("for now, by a machine where it takes too long", async () => {
    const trial = tryInProcess(await stored(endless()), patient, { timeMs: 1000 });
    await expect(trial).rejects.toStrictEqual(new TrialCutShort("It took more than 1 s for a small picture."));
  });

  test("for now, by a machine where it needs too much memory", async () => {
    // Every such process needs more than this.
    const trial = tryInProcess(await stored(endless()), patient, { memoryBytes: 40e6 });
    await expect(trial).rejects.toStrictEqual(new TrialCutShort("It needs too much memory for a small picture."));
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
  await expect.poll(() => state("hanging")).toMatchObject({ state: "FAILED", failure: expect.stringMatching(/^It took more than 1 s/) });
  await expect.poll(() => state("sound")).toMatchObject({ state: "READY" });
});
