import { expect, test } from "vitest";
import { devicesOf, withDevice } from "../../server/records/session.js";

const cpu = { device: "cpu", fromStep: 0 };

test("a device is listed once for as long as no other one follows", () => {
  expect(withDevice([], "cpu", 0)).toEqual([cpu]);
  expect(withDevice([cpu], "cpu", 7)).toEqual([cpu]);
  expect(withDevice([cpu], "webgpu", 7)).toEqual([cpu, { device: "webgpu", fromStep: 7 }]);
});

test("a device that computed nothing is not listed", () => {
  expect(withDevice([{ device: "webgpu", fromStep: 0 }], "cpu", 0)).toEqual([cpu]);
  expect(withDevice([cpu, { device: "webgpu", fromStep: 7 }], "cpu", 7)).toEqual([cpu]);
});

test("a session that is older than the record of devices has its last one from the start", () => {
  expect(devicesOf({ devices: [], device: "cpu", step: 7 })).toEqual([cpu]);
  expect(devicesOf({ devices: [], device: null, step: -1 })).toEqual([]);
  expect(devicesOf({ devices: [{ device: "webgpu", fromStep: 2 }], device: "cpu", step: 7 })).toEqual([{ device: "webgpu", fromStep: 2 }]);
});
