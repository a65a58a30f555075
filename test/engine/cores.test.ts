import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { usableCores } from "../../server/engine/cores.js";

async function systemWith(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "atelier-cores-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

const version2 = { "proc/self/cgroup": "0::/docker/abc\n" };
const version1 = { "proc/self/cgroup": "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n" };

test.each<[string, Record<string, string>, number]>([
  ["no control groups", {}, 8],
  ["no quota", { ...version2, "sys/fs/cgroup/docker/abc/cpu.max": "max 100000\n" }, 8],
  ["a quota of 2 cores", { ...version2, "sys/fs/cgroup/docker/abc/cpu.max": "200000 100000\n" }, 2],
  ["a quota of the group around it", { ...version2, "sys/fs/cgroup/docker/cpu.max": "300000 100000\n" }, 3],
  ["a quota of its namespace", { "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n" }, 2],
  ["a quota of a third of a core", { ...version2, "sys/fs/cgroup/docker/abc/cpu.max": "30000 100000\n" }, 1],
  ["a quota above the machine", { ...version2, "sys/fs/cgroup/docker/abc/cpu.max": "1600000 100000\n" }, 8],
  [
    "a quota of version 1",
    {
      ...version1,
      "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "400000\n",
      "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
    },
    4,
  ],
  [
    "no quota of version 1",
    { ...version1, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n" },
    8,
  ],
  ["files that hold something else", { ...version2, "sys/fs/cgroup/docker/abc/cpu.max": "\n" }, 8],
])("with %s", async (_, files, cores) => {
  expect(usableCores(await systemWith(files), 8)).toBe(cores);
});

test("without a quota this process may use every core that the system gives it", () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1);
  expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
});
