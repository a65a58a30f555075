import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, release } from "node:os";
import { delimiter, join } from "node:path";
import { runtimeFolder } from "../engine/cuda/libraries.js";

/** Counted up when a change of the self-test makes earlier results worthless. */
const TEST_VERSION = 1;

/** Files and folders that change when a graphics driver is installed, updated or removed. */
const marks: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/proc/driver/nvidia/version"],
  win32: ["C:\\Windows\\System32\\DriverStore\\FileRepository"],
  // On macOS the drivers come with the system.
  darwin: [],
};

/** A name for this machine's processor, system, graphics drivers and ONNX Runtime, which is another one when they change. */
export async function driverIdentity(): Promise<string> {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  const named = [process.env.VK_ICD_FILENAMES, process.env.VK_DRIVER_FILES].flatMap((list) => list?.split(delimiter) ?? []);
  const traces = await Promise.all([...(marks[process.platform] ?? []), ...named, runtimeFolder].map(traceOf));
  const machine = [TEST_VERSION, version, process.platform, process.arch, release(), cpus().length, cpus()[0]?.model];
  return createHash("sha256")
    .update(JSON.stringify([machine, traces]))
    .digest("hex");
}

/** What shows that a file, or a file in a folder, was replaced; null where there is none. */
async function traceOf(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => null);
  if (!found) return null;
  // Its time is that of the last start of the machine.
  if (path.startsWith("/proc/")) return readFile(path, "utf8");
  // Windows keeps thousands of drivers there; its own time changes with each of them.
  if (!found.isDirectory() || process.platform === "win32") return [path, found.size, found.mtimeMs];
  const names = (await readdir(path)).sort();
  return Promise.all(names.map(async (name) => [join(path, name), (await stat(join(path, name)).catch(() => null))?.mtimeMs]));
}
