import { expect, onTestFinished, test } from "vitest";
import { openWorkerDirectory, type WorkerDirectoryParts } from "../../server/fleet/directory.js";
import { ownHost, wholeFleet } from "../../server/fleet/runners.js";
import type { WorkerAnnouncement } from "../../server/records/worker.js";
import { aSession } from "../contracts/records.js";

const times = [{ pixels: 4096, fastestMs: 1, slowestMs: 2 }];

function worker(name: string, changes: Partial<WorkerAnnouncement> = {}): WorkerAnnouncement {
  const devices = [{ name, engine: "onnx", description: "", memoryBytes: null, sessionIds: [] }];
  return { machine: name, devices, refusedDevices: [], models: ["vgg19"], maxSize: 1024, stepTimes: {}, ...changes };
}

/** What an API server shows where `announced` are the workers by id; `own` is what it runs itself. */
async function shown(announced: Record<string, WorkerAnnouncement>, own: WorkerDirectoryParts["own"] = null) {
  const list = async (_silenceMs: number, except?: string) =>
    Object.entries(announced).flatMap(([id, announcement]) => (id === except ? [] : [announcement]));
  const failed = (error: unknown) => {
    throw error;
  };
  const directory = await openWorkerDirectory({ workers: { list }, own, failed });
  onTestFinished(() => directory.close());
  const runners = wholeFleet(
    directory,
    ownHost(
      () => null,
      () => 2048,
    ),
  );
  return { directory, runners, names: () => runners.devices().map(({ name }) => name) };
}

test("a server that paints too shows its own device as it is now, and those of all workers", async () => {
  let itself: WorkerAnnouncement | null = null;
  const own = { workerId: "here", describe: () => itself };
  const { runners, names, directory } = await shown({ here: worker("earlier"), there: worker("cuda:0", { maxSize: 512 }) }, own);
  expect([names(), runners.maxSize()]).toEqual([["cuda:0"], 512]);
  itself = worker("cpu");
  expect([names(), runners.maxSize(), directory.workers()]).toEqual([["cpu", "cuda:0"], 1024, 2]);
});

test("a server without workers shows its own limits, and why sessions wait", async () => {
  const { runners, names, directory } = await shown({});
  expect([names(), runners.maxSize(), directory.workers(), runners.stepTimes("vgg19")]).toEqual([[], 2048, 0, null]);
  expect(runners.waitingReason(aSession("image"))).toBe("No worker is up whose device responds.");
});

test("steps take as long as the worker that has measured them says", async () => {
  const { runners } = await shown({ one: worker("cpu"), two: worker("cuda:0", { stepTimes: { vgg19: times } }) });
  expect(runners.stepTimes("vgg19")).toEqual(times);
  expect(runners.waitingReason(aSession("image"))).toBeNull();
});
