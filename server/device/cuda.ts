import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type CudaLibraries,
  findCudaLibraries,
  hasCudaBuild,
  hasWebGpuBuild,
  isProviderInPlace,
  leastDriver,
  productOf,
  runtimeFolder,
  systemFolders,
} from "../engine/cuda/libraries.js";
import type { Engine } from "../engine/engine.js";
import { unavailable } from "../errors.js";
import type { DeviceName } from "./messages.js";
import { hasNvidiaDriver, type NvidiaCard, nvidiaCards } from "./nvidia.js";

/** Libraries that a message names; it counts the others. */
const NAMED = 3;

/**
 * Opens ONNX Runtime on a card of NVIDIA. Whether it computes shows only in its test.
 * @throws AtelierError UNAVAILABLE with what to do, where the platform, the driver, the card or the libraries are missing.
 */
export async function openOnCuda(device: DeviceName): Promise<Engine> {
  if (!hasCudaBuild) throw unavailable(noCudaHere());
  const index = Number(device.split(":")[1] ?? 0);
  const cards = await nvidiaCards();
  if (!cards && !hasNvidiaDriver()) {
    throw unavailable("NVIDIA's driver is not installed, or this container was started without its cards (docker run --gpus all).");
  }
  const card = cards?.find((one) => one.index === index);
  if (cards && !card) throw unavailable(`There is no ${device}: ${inventory(cards)}`);
  if (!isProviderInPlace()) {
    throw unavailable(
      "ONNX Runtime's libraries for CUDA are not in place. docs/operate.md says where they come from; npm run cuda -- FOLDER puts them in place.",
    );
  }
  // Loading a library that was cut off kills the process.
  const { damaged } = await librariesInPlace();
  if (damaged[0] !== undefined) throw unavailable(repair(damaged[0]));
  const [{ OnnxEngine }, { onCuda }] = await Promise.all([import("../engine/onnx.js"), import("../engine/onnx-providers.js")]);
  return new OnnxEngine(onCuda(index, card?.name ?? "a card of NVIDIA"));
}

/** Why this platform has no CUDA, with what to use instead. */
export function noCudaHere(): string {
  const platform = `${process.platform} ${process.arch}`;
  const instead = hasWebGpuBuild ? " ATELIER_DEVICE=webgpu uses a card of NVIDIA too." : "";
  return `ONNX Runtime has CUDA for Linux on x64 alone, not for ${platform}.${instead}`;
}

function inventory(cards: readonly NvidiaCard[]): string {
  if (cards.length === 0) return "NVIDIA's driver finds no card.";
  return `this machine has ${cards.map(({ index, name }) => `cuda:${index} (${name})`).join(", ")}.`;
}

/**
 * Why CUDA cannot compute here, with what to do; null where nothing is known.
 * @param reported by ONNX Runtime.
 */
export async function faultOfCuda(reported: string): Promise<string | null> {
  const libraries = await librariesInPlace();
  const known = faultOfLibraries(libraries) ?? faultOfDriver(libraries.version, (await nvidiaCards()) ?? []);
  if (known) return known;
  const failure = /CUDA failure \d+: ([^;]*\w)/.exec(reported)?.[1];
  if (failure !== undefined) return `CUDA cannot use the card: ${failure}. nvidia-smi may say more.`;
  if (!/load shared library/i.test(reported)) return null;
  return "libcuda.so.1, which NVIDIA's driver brings, cannot be loaded. Install the driver again, or start the container with its cards (docker run --gpus all).";
}

function librariesInPlace(): Promise<CudaLibraries> {
  const folders = [runtimeFolder, ...systemFolders()];
  return findCudaLibraries((name) => folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null);
}

function repair(damage: string): string {
  return `A library of CUDA is damaged: ${damage} Put it in place again with npm run cuda -- FOLDER.`;
}

function faultOfLibraries({ missing, damaged }: CudaLibraries): string | null {
  if (damaged[0] !== undefined) return repair(damaged[0]);
  if (missing.length === 0) return null;
  const named = missing.slice(0, NAMED).map((name) => `${name} (${productOf(name)})`);
  const others = missing.length > NAMED ? ` and ${missing.length - NAMED} others` : "";
  return `Libraries of CUDA are missing: ${named.join(", ")}${others}. Put them in place with npm run cuda -- FOLDER.`;
}

/** Why the driver is too old for a version of CUDA; null where it is not. */
export function faultOfDriver(version: string | null, cards: readonly NvidiaCard[]): string | null {
  const least = leastDriver[version ?? ""] ?? 0;
  const driver = cards[0]?.driver;
  if (driver === undefined || Number.parseInt(driver, 10) >= least) return null;
  return `NVIDIA's driver ${driver} is too old: CUDA ${version} needs ${least} or a newer one.`;
}
