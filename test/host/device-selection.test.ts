import { expect, onTestFinished, test } from "vitest";
import type { DeviceName } from "../../server/device/messages.js";
import { noVerdicts, type Verdict, type Verdicts } from "../../server/host/verdicts.js";
import { deviceOfTests, HostHarness, scriptedDevice, stepsThrough } from "../helpers/host-harness.js";

interface Machine {
  devices?: readonly DeviceName[];
  verdicts?: Verdicts;
}

/** A host that may choose its device, on a machine whose graphics processors behave like this. */
async function startHost(behaviour: string, { devices = ["webgpu", "cpu"], verdicts = noVerdicts }: Machine = {}): Promise<HostHarness> {
  const harness = await HostHarness.start({
    devices,
    verdicts,
    device: {
      ...scriptedDevice,
      entry: deviceOfTests(new URL("../helpers/graphics-device.ts", import.meta.url)),
      execArgv: [`--title=${behaviour}`],
    },
  });
  onTestFinished(() => harness.close());
  return harness;
}

/** What earlier starts have found, and what this one finds. */
function knowing(known: Partial<Record<DeviceName, Verdict>>) {
  const found = new Map<DeviceName, Verdict | null>();
  const verdicts: Verdicts = {
    recall: async (device) => known[device] ?? null,
    remember: async (device, verdict) => void found.set(device, verdict),
  };
  return { verdicts, found };
}

test("a graphics processor that passes its test and is faster is used", async () => {
  const host = await startHost("fast");
  const id = await host.paint({ steps: 3 });
  expect(await host.end(id)).toMatchObject({ status: "COMPLETED", devices: [{ device: "webgpu", fromStep: 0 }] });
  expect(host.host.devices()).toMatchObject([{ name: "webgpu" }]);
  expect(host.host.refusedDevices()).toEqual([]);
});

test.each([
  ["missing", "There is no graphics processor."],
  ["slow", "It takes 40 ms for a loss and its gradient, and the processor 4.0 ms."],
])("one that is %s is refused with the reason, and the processor paints", async (behaviour, reason) => {
  const host = await startHost(behaviour);
  const id = await host.paint({ steps: 3 });
  expect(await host.end(id)).toMatchObject({ status: "COMPLETED", device: "cpu" });
  expect(host.host.refusedDevices()).toEqual([{ name: "webgpu", reason }]);
});

test("one whose process dies again and again gives way", async () => {
  const host = await startHost("deadly");
  const id = await host.paint({ steps: 3 });
  expect(await host.end(id)).toMatchObject({ status: "COMPLETED", device: "cpu" });
  expect(host.host.refusedDevices()).toMatchObject([{ name: "webgpu", reason: "Its process ended 3 times." }]);
});

test.each(["failing", "exhausted"])(
  "a session whose device is %s continues on the next one, without a lost or repeated step",
  async (behaviour) => {
    const host = await startHost(behaviour);
    const id = await host.paint({ steps: 6 });
    expect(await host.end(id)).toMatchObject({
      ...{ status: "COMPLETED", step: 6, device: "cpu" },
      devices: [
        { device: "webgpu", fromStep: 0 },
        { device: "cpu", fromStep: 3 },
      ],
    });
    expect(await host.storedSteps(id)).toEqual(stepsThrough(6));
    expect(host.host.refusedDevices()).toEqual([{ name: "webgpu", reason: "The device has failed." }]);
  },
);

test("a session that the device cannot compute continues on the next one although another session paints", async () => {
  const host = await startHost("failing");
  const [beside, failing] = [await host.paint({ steps: 2 }), await host.paint({ steps: 6 })];
  expect(await host.end(failing)).toMatchObject({ status: "COMPLETED", device: "cpu" });
  expect(await host.end(beside)).toMatchObject({ status: "COMPLETED" });
  expect(await host.storedSteps(failing)).toEqual(stepsThrough(6));
  expect(await host.storedSteps(beside)).toEqual(stepsThrough(2));
});

test("one that was named has no other one after it: its failure to open is the host's", async () => {
  const host = await startHost("missing", { devices: ["webgpu"] });
  await expect(host.host.opened()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "There is no graphics processor." });
  expect(host.host.refusedDevices()).toEqual([]);
});

test("of several that compute right the fastest is used, and the others take its place in turn", async () => {
  const devices = ["cuda", "webgpu", "cpu"] as const;
  const host = await startHost("fast", { devices });
  const id = await host.paint({ steps: 3 });
  expect(await host.end(id)).toMatchObject({ devices: [{ device: "webgpu", fromStep: 0 }] });
  expect(host.host.refusedDevices()).toEqual([]);

  const failing = await startHost("failing", { devices });
  const moved = await failing.paint({ steps: 6 });
  expect(await failing.end(moved)).toMatchObject({
    ...{ status: "COMPLETED", step: 6 },
    // The second one painted no step.
    devices: [
      { device: "webgpu", fromStep: 0 },
      { device: "cpu", fromStep: 3 },
    ],
  });
  expect(failing.host.refusedDevices()).toMatchObject([{ name: "webgpu" }, { name: "cuda" }]);
  expect(await failing.storedSteps(moved)).toEqual(stepsThrough(6));
});

test("one that begins to compute wrong numbers is replaced at once, and the session continues from its checkpoint", async () => {
  const { verdicts, found } = knowing({});
  const host = await startHost("lying", { verdicts });
  const id = await host.paint({ steps: 6 });
  expect(await host.end(id)).toMatchObject({
    ...{ status: "COMPLETED", step: 6, error: null },
    devices: [
      { device: "webgpu", fromStep: 0 },
      { device: "cpu", fromStep: 3 },
    ],
  });
  expect(await host.storedSteps(id)).toEqual(stepsThrough(6));
  expect(host.host.refusedDevices()).toMatchObject([{ name: "webgpu", reason: expect.stringMatching(/computes wrong numbers: the loss/) }]);
  expect(found.get("webgpu")).toBeNull();
});

test.each([
  ["unlucky", "The painting diverged."],
  ["unable", "The device has failed."],
])("a session that fails on a device that computes right fails alone: %s", async (behaviour, message) => {
  const host = await startHost(behaviour);
  const id = await host.paint({ steps: 6 });
  expect(await host.end(id)).toMatchObject({ status: "FAILED", error: { message } });
  expect(host.host.devices()).toMatchObject([{ name: "webgpu" }]);
});

test("a device that passed its test in an earlier start is used at once", async () => {
  const host = await startHost("fast", knowing({ webgpu: { ms: 1, processorMs: 4 } }));
  await host.host.opened();
  expect(host.host.devices()).toMatchObject([{ name: "webgpu", description: "was not tested" }]);
});

test("one that was refused in an earlier start is not started", async () => {
  const { verdicts, found } = knowing({ webgpu: { reason: "It takes too long." } });
  const host = await startHost("fast", { verdicts });
  await host.host.opened();
  expect(host.host.devices()).toMatchObject([{ name: "cpu" }]);
  expect(host.host.refusedDevices()).toMatchObject([
    { name: "webgpu", reason: expect.stringMatching(/^It takes too long\. .*devices\.json/) },
  ]);
  expect(found).toEqual(new Map());
});

test("a device that cannot be opened now may be there at the next start", async () => {
  const missing = knowing({});
  const host = await startHost("missing", missing);
  await host.host.opened();
  expect(missing.found).toEqual(new Map());
});

test("one that is slow is remembered as such", async () => {
  const slow = knowing({});
  const host = await startHost("slow", slow);
  await host.host.opened();
  expect(slow.found.get("webgpu")).toEqual({ reason: expect.stringMatching(/^It takes 40 ms/) });
});

test("a device that failed is tested at the next start", async () => {
  const deadly = knowing({ webgpu: { ms: 1, processorMs: 4 } });
  const host = await startHost("deadly", deadly);
  expect(await host.end(await host.paint({ steps: 3 }))).toMatchObject({ status: "COMPLETED" });
  expect(deadly.found).toEqual(new Map([["webgpu", null]]));
});

test("the result of a test is remembered", async () => {
  const fast = knowing({});
  const host = await startHost("fast", fast);
  await host.host.opened();
  expect(fast.found).toEqual(new Map([["webgpu", { ms: 1, processorMs: 4 }]]));
});
