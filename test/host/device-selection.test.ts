import { expect, onTestFinished, test } from "vitest";
import { candidatesOf } from "../../server/device/messages.js";
import { HostHarness, scriptedDevice, stepsThrough } from "../helpers/host-harness.js";

/** A host that may choose its device, on a machine whose graphics processor behaves like this. */
async function startHost(behaviour: string, devices = candidatesOf("auto", { hasNvidia: false })): Promise<HostHarness> {
  const harness = await HostHarness.start({
    devices,
    device: { ...scriptedDevice, entry: new URL("../helpers/graphics-device.ts", import.meta.url), execArgv: [`--title=${behaviour}`] },
  });
  onTestFinished(() => harness.close());
  return harness;
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
  ["slow", "It takes 40 ms for a small loss and its gradient, and the processor 4.0 ms."],
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
  const host = await startHost("missing", ["webgpu"]);
  await expect(host.host.opened()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "There is no graphics processor." });
  expect(host.host.refusedDevices()).toEqual([]);
});
