/**
 * Puts the libraries of CUDA in place, and tries the card, unless there is none yet, as while an image is built:
 *
 *   npm run cuda -- FOLDER
 *   npm run cuda -- --place-only FOLDER
 *
 * FOLDER holds the libraries, in any folders within it; docs/operate.md says where they come from.
 */
import { createRequire } from "node:module";
import { relative, resolve } from "node:path";
import { faultOfDriver, noCudaHere } from "../server/device/cuda.js";
import { hasNvidiaDriver, nvidiaCards } from "../server/device/nvidia.js";
import { hasCudaBuild, productOf, runtimeFolder } from "../server/engine/cuda/libraries.js";
import { messageOf } from "../server/errors.js";
import { DeviceProcess, deviceProcessDefaults } from "../server/host/device-process.js";
import { inspect, place } from "./cuda/place.js";
import { root } from "./root.mjs";

/** Why the command cannot go on; each line is one reason. */
class CudaError extends Error {}

async function main(): Promise<void> {
  const isTried = process.argv[2] !== "--place-only";
  const [named, ...more] = process.argv.slice(isTried ? 2 : 3);
  if (named === undefined || named.startsWith("--") || more.length > 0)
    throw new CudaError("Usage: npm run cuda -- [--place-only] FOLDER, where FOLDER holds the libraries of CUDA.");
  if (!hasCudaBuild) {
    throw new CudaError(noCudaHere());
  }
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), named);
  const libraries = await inspect(folder, runtimeVersion()).catch((cause: unknown) => {
    throw new CudaError(`${folder} cannot be read: ${messageOf(cause)}`);
  });
  if (libraries.missing.length + libraries.damaged.length > 0) {
    const missing = libraries.missing.map((name) => `${name} is missing (${productOf(name)}).`);
    throw new CudaError(
      [...missing, ...libraries.damaged, "Nothing was changed. docs/operate.md says where the libraries come from."].join("\n"),
    );
  }
  const { count, bytes } = await place(libraries, folder, runtimeFolder).catch((cause: unknown) => {
    throw new CudaError(`The libraries could not all be put into ${runtimeFolder}: ${messageOf(cause)}`);
  });
  console.log(`${count} libraries (${Math.round(bytes / 1e6)} MB) for CUDA ${libraries.version} are in ${relative(root, runtimeFolder)}.`);
  if (isTried) await tryCards(libraries.version);
}

function runtimeVersion(): string {
  return (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version;
}

async function tryCards(version: string | null): Promise<void> {
  const cards = (await nvidiaCards()) ?? [];
  for (const { index, name, memoryBytes, driver } of cards) {
    console.log(`cuda:${index} is ${name} with ${Math.round(memoryBytes / 1e6)} MB; its driver is ${driver}.`);
  }
  const fault = faultOfDriver(version, cards);
  if (fault) throw new CudaError(fault);
  if (cards.length === 0 && !hasNvidiaDriver()) {
    throw new CudaError("NVIDIA's driver was not found, so no card was tried. Install it, then try again.");
  }
  for (const index of cards.length === 0 ? [0] : cards.map((card) => card.index)) {
    const device = `cuda:${index}` as const;
    // What ONNX Runtime prints about a failure is in the reason, as far as people can use it.
    const options = { ...deviceProcessDefaults, device, isLast: false, output: () => undefined };
    const { process, ready } = await DeviceProcess.start(options, () => undefined).catch((cause: unknown) => {
      throw new CudaError(`${device}: ${messageOf(cause)}`);
    });
    await process.kill();
    const { ms, processorMs } = ready.speed ?? { ms: 0, processorMs: 0 };
    console.log(
      `${device} computes right: a loss and its gradient take ${ms.toFixed(1)} ms, on the processor ${processorMs.toFixed(1)} ms.`,
    );
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CudaError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
