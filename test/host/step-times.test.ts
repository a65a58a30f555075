import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { StepTimesFile } from "../../server/host/step-times.js";

const HOUR_MS = 3_600_000;
const small = { device: "onnx cpu", sha256: "small" };
const large = { device: "onnx cpu", sha256: "large" };
const times = [{ pixels: 4096, fastestMs: 2, slowestMs: 3 }];
const others = [{ pixels: 4096, fastestMs: 20, slowestMs: 30 }];

/** A file of step times on a machine whose driver and clock can be changed. */
async function stepTimesFile() {
  const folder = await mkdtemp(join(tmpdir(), "atelier-step-times-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const machine = { driver: "1.0", now: Date.now(), folder, path: join(folder, "step-times.json"), reports: [] as unknown[] };
  const open = (path = machine.path) =>
    new StepTimesFile(
      path,
      (error) => machine.reports.push(error),
      async () => machine.driver,
      () => machine.now,
    );
  return { machine, open };
}

test("times outlive the server for a day, until the driver changes", async () => {
  const { machine, open } = await stepTimesFile();
  expect(await open().recall(small)).toBeNull();
  await open().remember(small, others);
  await open().remember(small, times);
  await open().remember(large, others);
  expect([await open().recall(small), await open().recall(large)]).toEqual([times, others]);
  expect(await open().recall({ ...small, device: "onnx webgpu" })).toBeNull();
  machine.now += 23 * HOUR_MS;
  expect(await open().recall(small)).toEqual(times);
  machine.now += 2 * HOUR_MS;
  expect(await open().recall(small)).toBeNull();
  await open().remember(small, times);
  machine.driver = "1.1";
  expect(await open().recall(small)).toBeNull();
  expect(await readdir(machine.folder)).toEqual(["step-times.json"]);
});

test.each(["", "{", "null", "{}", "[3]", '[{"device": "onnx cpu", "sha256": "small", "driver": "1.0", "at": 1, "times": [null]}]'])(
  "a damaged file is as good as none, and is replaced: %s",
  async (text) => {
    const { machine, open } = await stepTimesFile();
    await writeFile(machine.path, text);
    expect(await open().recall(small)).toBeNull();
    await open().remember(small, times);
    expect(await open().recall(small)).toEqual(times);
    expect(machine.reports).toEqual([]);
  },
);

test("a disk that fails costs a measurement and no start", async () => {
  const { machine, open } = await stepTimesFile();
  await open(join(machine.folder, "no", "such", "folder")).remember(small, times);
  expect(await open(machine.folder).recall(small)).toBeNull();
  expect(machine.reports).toHaveLength(2);
});
