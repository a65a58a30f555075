import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { DamagedLibraryError, neededLibraries } from "./elf.js";

/** The part of ONNX Runtime that computes with CUDA. */
const PROVIDER = "libonnxruntime_providers_cuda.so";

/** What the provider needs besides the libraries that it is linked to, by the version of cuDNN that it is made for. */
const cudnn = ["", "_graph", "_ops", "_cnn", "_heuristic", "_engines_precompiled", "_engines_runtime_compiled"].map(
  (part) => `libcudnn${part}.so.9`,
);

/** Least version of NVIDIA's driver by the major version of CUDA. */
export const leastDriver: Readonly<Record<string, number>> = { 12: 525, 13: 580 };

/** The folder from which ONNX Runtime loads its parts. */
export const runtimeFolder = join(
  dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json")),
  ...["bin", "napi-v6", process.platform, process.arch],
);

/** Whether ONNX Runtime has CUDA for this platform at all. */
export const hasCudaBuild = process.platform === "linux" && process.arch === "x64";

/** Whether it has WebGPU for this platform, which reaches cards of NVIDIA too. */
export const hasWebGpuBuild = ["linux x64", "win32 x64", "win32 arm64", "darwin arm64"].includes(`${process.platform} ${process.arch}`);

/** Whether the part of ONNX Runtime for CUDA is in place. Libraries of CUDA that it needs may be missing. */
export function isProviderInPlace(): boolean {
  return existsSync(join(runtimeFolder, PROVIDER));
}

/** Folders in which the system's loader finds the libraries of an installed CUDA. */
export function systemFolders(): string[] {
  const named = (process.env.LD_LIBRARY_PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...named, "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/cuda/lib64"];
}

/**
 * Environment of a process that computes with CUDA. Cards are counted as nvidia-smi counts them, and products have all
 * the bits of float32, as on other devices: by default NVIDIA's libraries round them to TF32 on newer cards.
 */
export function cudaEnvironment(): Record<string, string> {
  const found = [...new Set([runtimeFolder, ...systemFolders()])];
  return { LD_LIBRARY_PATH: found.join(delimiter), CUDA_DEVICE_ORDER: "PCI_BUS_ID", NVIDIA_TF32_OVERRIDE: "0" };
}

/** The libraries that CUDA needs, as they were found. */
export interface CudaLibraries {
  /** Paths of whole libraries, by name. */
  found: Map<string, string>;
  missing: string[];
  /** What is wrong with a library, as a sentence. */
  damaged: string[];
  /** Major version of CUDA; null where the provider or CUDA's runtime is missing. */
  version: string | null;
}

/** Looks for each library that CUDA needs. `find` returns the path of a library, or null. */
export async function findCudaLibraries(find: (name: string) => string | null): Promise<CudaLibraries> {
  const libraries: CudaLibraries = { found: new Map(), missing: [], damaged: [], version: null };
  const waiting = ["libonnxruntime_providers_shared.so", PROVIDER, ...cudnn];
  const known = new Set(waiting);
  const expect = (name: string) => {
    if (known.has(name)) return;
    known.add(name);
    waiting.push(name);
  };
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const path = find(name);
    if (path === null) libraries.missing.push(name);
    else {
      try {
        for (const needed of await neededLibraries(path)) if (isOfNvidia(needed)) expect(needed);
        libraries.found.set(name, path);
      } catch (error) {
        if (!(error instanceof DamagedLibraryError)) throw error;
        libraries.damaged.push(`${name} ${error.message}.`);
      }
    }
    const version = /^libcudart\.so\.(\d+)$/.exec(name)?.[1];
    if (version === undefined) continue;
    libraries.version = version;
    // cuDNN compiles some of its kernels when they are first used.
    expect(`libnvrtc.so.${version}`);
  }
  return libraries;
}

/** Whether a library comes with CUDA or cuDNN. The driver brings libcuda and libnvidia-*. */
function isOfNvidia(name: string): boolean {
  return /^lib(cu|nvrtc|nvJitLink)/.test(name) && !name.startsWith("libcuda.so");
}

const titles: Readonly<Record<string, string>> = {
  cublas: "cuBLAS",
  cublasLt: "cuBLAS",
  cudart: "CUDA runtime",
  cufft: "cuFFT",
  curand: "cuRAND",
  nvrtc: "NVRTC",
};

/** The product that a library belongs to, with its version. */
export function productOf(name: string): string {
  if (name.startsWith("libonnxruntime")) return "ONNX Runtime with CUDA";
  const [, library = name, version = ""] = /^lib(\w+)\.so\.?(\d*)/.exec(name) ?? [];
  return `${library.startsWith("cudnn") ? "cuDNN" : (titles[library] ?? library)} ${version}`.trim();
}
