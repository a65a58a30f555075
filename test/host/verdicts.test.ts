import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { driverIdentity } from "../../server/device/driver.js";
import { VerdictFile } from "../../server/host/verdicts.js";

/** A file of verdicts on a machine whose driver can be changed. */
async function verdictFile() {
  const folder = await mkdtemp(join(tmpdir(), "atelier-verdicts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const machine = { driver: "1.0", folder, path: join(folder, "devices.json"), reports: [] as unknown[] };
  const open = (path = machine.path) =>
    new VerdictFile(
      path,
      (error) => machine.reports.push(error),
      async () => machine.driver,
    );
  return { machine, open };
}

test("verdicts outlive the server until the driver changes", async () => {
  const { machine, open } = await verdictFile();
  expect(await open().recall("webgpu")).toBeNull();
  await open().remember("webgpu", { ms: 3, processorMs: 40 });
  await open().remember("cuda:1", { reason: "It computes wrong numbers." });
  expect(await open().recall("webgpu")).toEqual({ ms: 3, processorMs: 40 });
  expect(await open().recall("cuda:1")).toEqual({ reason: "It computes wrong numbers." });
  expect(await open().recall("cuda")).toBeNull();
  machine.driver = "1.1";
  expect(await open().recall("webgpu")).toBeNull();
  expect(await readdir(machine.folder)).toEqual(["devices.json"]);
});

test("a verdict can be forgotten", async () => {
  const { open } = await verdictFile();
  await open().remember("webgpu", { ms: 3, processorMs: 40 });
  await open().remember("cuda", { ms: 2, processorMs: 40 });
  await open().remember("webgpu", null);
  expect(await open().recall("webgpu")).toBeNull();
  expect(await open().recall("cuda")).toEqual({ ms: 2, processorMs: 40 });
});

test.each(["", "{", "null", "[]", '{"webgpu": 3}', '{"webgpu": {"driver": "1.0", "verdict": {"ms": "fast"}}}'])(
  "a damaged file is as good as none, and is replaced: %s",
  async (text) => {
    const { machine, open } = await verdictFile();
    await writeFile(machine.path, text);
    expect(await open().recall("webgpu")).toBeNull();
    await open().remember("webgpu", { ms: 3, processorMs: 40 });
    expect(await open().recall("webgpu")).toEqual({ ms: 3, processorMs: 40 });
    expect(machine.reports).toEqual([]);
  },
);

test("a disk that fails costs a test and no start", async () => {
  const { machine, open } = await verdictFile();
  await open(join(machine.folder, "no", "such", "folder")).remember("webgpu", { ms: 3, processorMs: 40 });
  expect(await open(machine.folder).recall("webgpu")).toBeNull();
  expect(machine.reports).toHaveLength(2);
});

test("this machine's driver keeps its identity, and environment variables that name another one change it", async () => {
  const before = await driverIdentity();
  expect(await driverIdentity()).toBe(before);
  process.env.VK_DRIVER_FILES = import.meta.filename;
  onTestFinished(() => void delete process.env.VK_DRIVER_FILES);
  expect(await driverIdentity()).not.toBe(before);
});
