import { expect, test } from "vitest";
import { whyNoneFits } from "../../server/fleet/fitness.js";
import { aSession, aTranslation } from "../contracts/records.js";

const cpu = { name: "cpu", engine: "onnx", description: "", memoryBytes: null, sessionIds: [] };
const worker = (models: string[], maxSize: number, isUp = true) => ({ devices: isUp ? [cpu] : [], models, maxSize });
const settings = aSession("image").settings;
const painting = (changes: Partial<typeof settings>) => aSession("image", { settings: { ...settings, ...changes } });

test("a session that a worker could claim waits for its turn alone", () => {
  const workers = [worker([], 4096), worker(["vgg19"], 1024)];
  expect(whyNoneFits(workers, painting({ size: 1024 }))).toBeNull();
});

test("a session waits for a worker whose device responds", () => {
  expect(whyNoneFits([], painting({}))).toBe("No worker is up whose device responds.");
  expect(whyNoneFits([worker(["vgg19"], 2048, false)], painting({}))).toBe("No worker is up whose device responds.");
});

test("a painting waits for a worker that paints its size, and is told the largest of those that have its model", () => {
  const workers = [worker(["vgg19"], 512), worker(["vgg19"], 1024), worker(["other"], 2048), worker(["vgg19"], 2048, false)];
  expect(whyNoneFits(workers, painting({ size: 2048 }))).toBe("No worker that is up can paint 2048 px; the largest size is 1024 px.");
});

test("a session waits for a worker that has its model, and that of its draft", () => {
  const workers = [worker(["vgg19"], 2048), worker(["cyclegan"], 2048)];
  expect(whyNoneFits(workers, painting({ model: "other" }))).toBe("No worker that is up has the model other.");
  expect(whyNoneFits(workers, painting({ draft: true }))).toBe("No worker that is up has the model vgg19-lite.");
  const apart = [worker(["vgg19"], 2048), worker(["vgg19-lite"], 2048)];
  expect(whyNoneFits(apart, painting({ draft: true }))).toBe("No worker that is up has the models vgg19 and vgg19-lite.");
});

test("a translation, which is made in tiles, waits for no larger worker", () => {
  const translation = aTranslation("image");
  expect(whyNoneFits([worker([translation.settings.model], 64)], translation)).toBeNull();
});
