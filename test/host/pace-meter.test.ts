import { expect, onTestFinished, test } from "vitest";
import type { HostOptions } from "../../server/host/host.js";
import type { KnownStepTimes, Timed } from "../../server/host/step-times.js";
import type { StepTime } from "../../server/records/step-time.js";
import { HostHarness } from "../helpers/host-harness.js";
import type { PainterScript } from "../helpers/scripted-painters.js";
import { until } from "../helpers/until.js";

async function startHost(options: Partial<HostOptions> = {}): Promise<HostHarness> {
  const harness = await HostHarness.start(options);
  onTestFinished(() => harness.close());
  return harness;
}

/** The id of a model whose steps go as the script says. */
const model = (script: PainterScript) => JSON.stringify(script);

async function measured(host: HostHarness, id: string) {
  await until(() => host.host.stepTimes(id) !== null);
  return host.host.stepTimes(id);
}

test("a host measures a model at a small and a larger size, without a session", async () => {
  const host = await startHost();
  const id = model({ steps: 10, computeMs: 2 });
  expect(host.host.stepTimes(id)).toBeNull();
  const times = await measured(host, id);
  expect(times).toMatchObject([
    { pixels: 64 ** 2, fastestMs: 2 },
    { pixels: 192 ** 2, fastestMs: 2 },
  ]);
  for (const { fastestMs, slowestMs } of times ?? []) expect(slowestMs).toBeGreaterThanOrEqual(fastestMs);
  expect(await host.storage.sessions.count({})).toBe(0);
  expect(host.host.devices()[0]?.sessionIds).toEqual([]);
});

test("a slow device is measured at the small size alone", async () => {
  const host = await startHost();
  expect(await measured(host, model({ steps: 10, computeMs: 900 }))).toMatchObject([{ pixels: 64 ** 2, fastestMs: 900 }]);
});

test("a session goes first, and the measurement follows when it has ended", async () => {
  const host = await startHost();
  const painting = await host.paint({ steps: 1e6 });
  await host.frame(painting, 1);
  const id = model({ steps: 10 });
  expect(host.host.stepTimes(id)).toBeNull();
  await host.frame(painting, 20);
  expect(host.host.stepTimes(id)).toBeNull();
  await host.bus.publish(`control:${painting}`, { type: "cancel" });
  expect(await measured(host, id)).toHaveLength(1);
});

test("a session that arrives during a measurement is painted", async () => {
  const host = await startHost();
  // It would never end by itself.
  const endless = model({ steps: 1e6, blockMs: 1 });
  await until(() => host.host.ready);
  expect(host.host.stepTimes(endless)).toBeNull();
  const painting = await host.paint({ steps: 20, blockMs: 20 });
  expect((await host.end(painting)).status).toBe("COMPLETED");
  expect(host.host.stepTimes(endless)).toBeNull();
});

test("a model that ends its device is not measured again, and no session is blamed", async () => {
  const host = await startHost();
  expect(await measured(host, model({ steps: 10, crashAt: 3 }))).toEqual([]);
  const painting = await host.paint({ steps: 5 });
  expect((await host.end(painting)).status).toBe("COMPLETED");
});

test("a model that cannot be opened has no times", async () => {
  const host = await startHost({ locateFeatureModel: () => Promise.reject(new Error("It is gone.")) });
  expect(await measured(host, "gone")).toEqual([]);
  expect(host.log).toEqual(["The model gone could not be timed:"]);
});

test("what an earlier start measured is not measured again, on the same device", async () => {
  const kept = new Map<string, readonly StepTime[]>();
  const keyOf = ({ device, sha256 }: Timed) => `${device} ${sha256}`;
  const stepTimes: KnownStepTimes = {
    recall: async (timed) => kept.get(keyOf(timed)) ?? null,
    remember: async (timed, times) => void kept.set(keyOf(timed), times),
  };
  const locateFeatureModel: HostOptions["locateFeatureModel"] = async (id) => ({
    ...{ id: "scripted", path: id, sha256: "of the network" },
    architecture: { family: "vgg19" },
  });
  const measuring = await startHost({ stepTimes, locateFeatureModel });
  const first = await measured(measuring, model({ steps: 10, computeMs: 2 }));
  expect(first).toHaveLength(2);
  await until(() => kept.size === 1);
  // It would be slower.
  const again = await startHost({ stepTimes, locateFeatureModel });
  expect(await measured(again, model({ steps: 10, computeMs: 900 }))).toEqual(first);
  kept.clear();
  const anew = await startHost({ stepTimes, locateFeatureModel });
  expect(await measured(anew, model({ steps: 10, computeMs: 900 }))).toHaveLength(1);
});
