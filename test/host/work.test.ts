import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildWork, modelsOf, registryWorkModels } from "../../server/host/work.js";
import { openRegistry } from "../../server/models/registry.js";
import { anImage, aSession } from "../contracts/records.js";
import { inverterId, mirrorWithInverter } from "../helpers/generator-mirror.js";
import { openTemporaryStorage } from "../helpers/temporary-storage.js";

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

test("a draft comes with the network of its coarse scales, unless that is its own", async () => {
  const stored = await openTemporaryStorage();
  onTestFinished(() => stored.close());
  const { storage } = stored;
  const image = await storage.images.insert(anImage({ digest: await storage.blobs.put(Uint8Array.of(1)) }));
  const locate = async (id: string) => ({ id, path: id, sha256: "", architecture: { family: "vgg19" } as const });
  const models = { locateFeatureModel: locate, locateTranslator: () => Promise.reject(new Error("not asked")), isDownloaded: () => true };
  const networksOf = async (settings: { draft: boolean; model: string }) => {
    const plain = aSession(image.id);
    const session = aSession(image.id, { settings: { ...plain.settings, ...settings } });
    const work = await buildWork(session, storage, models);
    if (work.kind !== "STYLE_TRANSFER") throw new Error("A style transfer was asked for.");
    return { asked: modelsOf(session), networks: [work.network.id, work.draftNetwork?.id] };
  };
  expect(await networksOf({ draft: true, model: "vgg19" })).toEqual({
    asked: ["vgg19", "vgg19-lite"],
    networks: ["vgg19", "vgg19-lite"],
  });
  expect(await networksOf({ draft: false, model: "vgg19" })).toEqual({ asked: ["vgg19"], networks: ["vgg19", undefined] });
  expect(await networksOf({ draft: true, model: "vgg19-lite" })).toEqual({ asked: ["vgg19-lite"], networks: ["vgg19-lite", undefined] });
});
