import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openWorkerDirectory } from "../../server/fleet/directory.js";
import { fleetModels } from "../../server/fleet/models.js";
import type { Model } from "../../server/models/model.js";
import { openRegistry } from "../../server/models/registry.js";
import { rootFolder } from "../../server/paths.js";
import type { WorkerAnnouncement } from "../../server/records/worker.js";
import { eventually } from "../helpers/eventually.js";

/** The models of an API server without downloads, where workers have `models`, which the test may change. */
async function setUp(...models: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "atelier-fleet-models-"));
  const failed = (error: unknown) => {
    throw error;
  };
  const store = { folder, mirror: null, offline: false, report: failed, log: failed };
  const own = await openRegistry({ bundledDir: join(rootFolder, "models", "bundled"), mirrorDir: null, store });
  const devices = [{ name: "cuda:0", engine: "onnx", description: "", memoryBytes: null, sessionIds: [] }];
  const announced: WorkerAnnouncement = { machine: "one", devices, refusedDevices: [], models, maxSize: 1024, stepTimes: {} };
  const directory = await openWorkerDirectory({
    workers: { list: async () => [{ ...announced, models: [...models] }] },
    own: null,
    failed,
    intervalMs: 5,
  });
  onTestFinished(async () => {
    await directory.close();
    await own.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { own, models, fleet: fleetModels(own, directory) };
}

test("a network that a worker has is ready, and the default, although this machine lacks its file", async () => {
  const { own, fleet } = await setUp("vgg19", "vgg19-lite");
  expect(await own.find("vgg19")).toMatchObject({ state: "AVAILABLE" });
  expect(await fleet.find("vgg19")).toMatchObject({ state: "READY", failure: null });
  expect((await fleet.list()).find(({ id }) => id === "vgg19")?.state).toBe("READY");
  expect([await own.defaultFeatures(), await fleet.defaultFeatures(), fleet.isDownloadable("vgg19")]).toEqual([
    "vgg19-lite",
    "vgg19",
    false,
  ]);
});

test("paintings use what workers have, and what this server has while no worker is known", async () => {
  expect(await (await setUp("vgg19-lite")).fleet.defaultFeatures()).toBe("vgg19-lite");
  const { fleet } = await setUp();
  expect([await fleet.defaultFeatures(), (await fleet.find("vgg19"))?.state]).toEqual(["vgg19-lite", "AVAILABLE"]);
});

test("whoever watches learns that a worker has downloaded a network, and that no worker has it any more", async () => {
  const { fleet, models } = await setUp("vgg19-lite");
  const events: Model[] = [];
  onTestFinished(fleet.watch((model) => events.push(model)));
  models.push("vgg19");
  await eventually(() => expect(events.map(({ id, state }) => `${id} ${state}`)).toEqual(["vgg19 READY"]));
  models.pop();
  await eventually(() => expect(events.map(({ id, state }) => `${id} ${state}`)).toEqual(["vgg19 READY", "vgg19 AVAILABLE"]));
});
