import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { registryWorkModels } from "../../server/host/work.js";
import { openRegistry } from "../../server/models/registry.js";
import { inverterId, mirrorWithInverter } from "../helpers/generator-mirror.js";

test("a translator of the registry is located with its form, and is not mistaken for a feature model", async () => {
  const mirror = await mirrorWithInverter();
  onTestFinished(mirror.remove);
  const registry = await openRegistry({ bundledDir: join(mirror.folder, "none"), mirrorDir: mirror.folder });
  const models = registryWorkModels(registry);
  expect(await models.locateTranslator(inverterId)).toEqual({
    id: inverterId,
    path: join(mirror.folder, inverterId, "inverter.onnx"),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    architecture: null,
    form: { inputName: "picture", outputName: "negative", inputRange: "SIGNED", outputRange: "SIGNED", sizeMultiple: 16, minSize: 32 },
  });
  expect(models.isDownloaded(inverterId)).toBe(true);
  await expect(models.locateFeatureModel(inverterId)).rejects.toMatchObject({ code: "BAD_INPUT" });
  await expect(models.locateTranslator("unknown")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a model that a silent mirror may have is not downloaded, and that is known at once", async () => {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close(() => undefined).closeAllConnections());
  const folder = await mkdtemp(join(tmpdir(), "atelier-silent-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mirror = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const store = { folder: join(folder, "models"), mirror, offline: false };
  const registry = await openRegistry({ bundledDir: folder, mirrorDir: null, store });
  onTestFinished(() => registry.close());
  const { isDownloaded } = registryWorkModels(registry);
  expect(["fast-style-candy", "vgg19", "unknown"].map((id) => isDownloaded(id))).toEqual([false, false, true]);
});
