import { expect, test } from "vitest";
import { DeviceWatch } from "../../server/device/device-watch.js";
import { WrongNumbersError } from "../../server/device/self-test.js";
import { AtelierError, unavailable } from "../../server/errors.js";

/** A device with a clock that only its tests move, unless this test does. */
function watched({ isLast = false, testMs = 10 } = {}) {
  const device: { now: number; tests: number; fault: Error | null } = { now: 0, tests: 0, fault: null };
  const watch = new DeviceWatch(
    async () => {
      device.tests++;
      device.now += testMs;
      if (device.fault) throw device.fault;
    },
    { isLast, clock: () => device.now },
  );
  return { device, watch };
}

const error = (code: "DEVICE_LOST" | "OUT_OF_MEMORY" | "BAD_INPUT") => new AtelierError(code, "As scripted.");

const wrongNumbers = new WrongNumbersError({ device: "webgpu", description: "of a test" }, "the loss", "9 %");

test("a device that fails in its test too is lost", async () => {
  const { device, watch } = watched();
  device.fault = error("DEVICE_LOST");
  expect(await watch.faultBehind(error("DEVICE_LOST"))).toMatchObject({ code: "DEVICE_LOST" });
});

test("a test that runs out of memory says nothing about the device", async () => {
  const { device, watch } = watched();
  for (const fault of [error("OUT_OF_MEMORY"), unavailable("It fails in its test.", { cause: error("OUT_OF_MEMORY") })]) {
    device.fault = fault;
    expect(await watch.faultBehind(error("BAD_INPUT"))).toBeNull();
  }
});

test("too little memory is the device's fault where another one follows", async () => {
  expect(await watched().watch.faultBehind(error("OUT_OF_MEMORY"))).toMatchObject({ code: "OUT_OF_MEMORY" });
  expect(await watched({ isLast: true }).watch.faultBehind(error("OUT_OF_MEMORY"))).toBeNull();
});

test.each([error("BAD_INPUT"), error("DEVICE_LOST"), new TypeError("A fault of ours.")])(
  "behind %s a test finds whether the device computes right",
  async (cause) => {
    const { device, watch } = watched();
    expect(await watch.faultBehind(cause)).toBeNull();
    device.fault = wrongNumbers;
    expect(await watch.faultBehind(cause)).toBe(wrongNumbers);
  },
);

test("a device that works is tested once a minute", async () => {
  const { device, watch } = watched();
  device.now = 59_999;
  expect(await watch.faultNow()).toBeNull();
  expect(device.tests).toBe(0);
  device.now = 60_000;
  device.fault = wrongNumbers;
  expect(await watch.faultNow()).toBe(wrongNumbers);
  expect(await watch.faultNow()).toBeNull();
  expect(device.tests).toBe(1);
});

test("tests that are slow take at most a five-hundredth of the time", async () => {
  const { device, watch } = watched({ testMs: 1000 });
  device.now = 60_000;
  await watch.faultNow();
  device.now += 499_999;
  await watch.faultNow();
  expect(device.tests).toBe(1);
  device.now += 1;
  await watch.faultNow();
  expect(device.tests).toBe(2);
});
