import { expect, test } from "vitest";
import { DeviceWatch } from "../../server/device/device-watch.js";
import { AtelierError } from "../../server/errors.js";

/** A device with a clock that only its tests move, unless this test does. */
function watched({ isLast = false, testMs = 10 } = {}) {
  const device = { now: 0, tests: 0, isWrong: false };
  const watch = new DeviceWatch(
    async () => {
      device.tests++;
      device.now += testMs;
      if (device.isWrong) throw new AtelierError("UNAVAILABLE", "It computes wrong numbers.");
    },
    { isLast, clock: () => device.now },
  );
  return { device, watch };
}

const error = (code: "DEVICE_LOST" | "OUT_OF_MEMORY" | "BAD_INPUT") => new AtelierError(code, "As scripted.");

test("a device that is lost is to blame without a test", async () => {
  const { device, watch } = watched();
  const lost = error("DEVICE_LOST");
  expect(await watch.faultBehind(lost)).toBe(lost);
  expect(device.tests).toBe(0);
});

test("too little memory is the device's fault where another one follows", async () => {
  expect(await watched().watch.faultBehind(error("OUT_OF_MEMORY"))).toMatchObject({ code: "OUT_OF_MEMORY" });
  expect(await watched({ isLast: true }).watch.faultBehind(error("OUT_OF_MEMORY"))).toBeNull();
});

test.each([error("BAD_INPUT"), new TypeError("A fault of ours.")])(
  "behind %s a test finds whether the device computes right",
  async (cause) => {
    const { device, watch } = watched();
    expect(await watch.faultBehind(cause)).toBeNull();
    device.isWrong = true;
    expect(await watch.faultBehind(cause)).toMatchObject({ code: "DEVICE_LOST", message: "It computes wrong numbers." });
  },
);

test("a device that works is tested once a minute", async () => {
  const { device, watch } = watched();
  device.now = 59_999;
  expect(await watch.faultNow()).toBeNull();
  expect(device.tests).toBe(0);
  device.now = 60_000;
  device.isWrong = true;
  expect(await watch.faultNow()).toMatchObject({ message: "It computes wrong numbers." });
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
