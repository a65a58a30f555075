import { copyFile, link, mkdir, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DamagedLibraryError, neededLibraries } from "../../server/engine/cuda/elf.js";
import { type CudaLibraries, findCudaLibraries } from "../../server/engine/cuda/libraries.js";

/** Libraries that newer versions of cuDNN and NVRTC load when they find them beside themselves. */
const companions = /^lib(cudnn_\w+\.so\.9|nvrtc-builtins\.so\.[\d.]+)$/;

/** Paths of all shared libraries in a folder and the folders in it, by name. */
export async function librariesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter(({ name }) => /\.so(\.|$)/.test(name))
    .map(({ name, parentPath }) => [name, join(parentPath, name)] as const);
  return new Map(paths);
}

/**
 * What is in `folder` of all that CUDA needs. Parts of ONNX Runtime of another version count as damaged.
 * @param version of ONNX Runtime.
 */
export async function inspect(folder: string, version: string): Promise<CudaLibraries> {
  const paths = await librariesIn(folder);
  const libraries = await findCudaLibraries((name) => paths.get(name) ?? null);
  for (const [name, path] of paths) if (companions.test(name) && !libraries.found.has(name)) await checkCompanion(name, path, libraries);
  const provider = libraries.found.get("libonnxruntime_providers_cuda.so");
  if (provider && !(await readFile(provider)).includes(`\0${version}\0`)) {
    libraries.damaged.push(
      `libonnxruntime_providers_cuda.so is not of version ${version}, that of the installed package onnxruntime-node.`,
    );
  }
  return libraries;
}

async function checkCompanion(name: string, path: string, { damaged }: CudaLibraries): Promise<void> {
  try {
    await neededLibraries(path);
  } catch (error) {
    if (!(error instanceof DamagedLibraryError)) throw error;
    if (!damaged.some((sentence) => sentence.startsWith(name))) damaged.push(`${name} ${error.message}.`);
  }
}

/** Puts whole libraries, and those that they may load, into the folder of ONNX Runtime. Returns their number and bytes. */
export async function place(libraries: CudaLibraries, folder: string, destination: string): Promise<{ count: number; bytes: number }> {
  const paths = new Map(libraries.found);
  for (const [name, path] of await librariesIn(folder)) if (companions.test(name)) paths.set(name, path);
  await mkdir(destination, { recursive: true });
  let bytes = 0;
  for (const [name, path] of paths) {
    await placeOne(await realpath(path), join(destination, name));
    bytes += (await stat(join(destination, name))).size;
  }
  return { count: paths.size, bytes };
}

async function placeOne(path: string, destination: string): Promise<void> {
  const draft = `${destination}.draft`;
  await rm(draft, { force: true });
  try {
    // A second name for the same file takes no space. Where the disk allows none, or is another one, it is copied.
    await link(path, draft).catch(() => copyFile(path, draft));
    await rename(draft, destination);
  } finally {
    // Also after success: renaming does nothing where both are names of one file already.
    await rm(draft, { force: true });
  }
}
