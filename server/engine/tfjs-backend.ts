import { cpus } from "node:os";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { guardAllocation } from "./tfjs-allocation.js";
import { registerTfjsGradients } from "./tfjs-gradients.js";

/** The ways in which TensorFlow.js computes here, best first. */
export const tfjsBackends = ["node-gpu", "node", "wasm", "cpu"] as const;

export type TfjsBackend = (typeof tfjsBackends)[number];

/** What the choice of a backend asks of its surroundings. */
export interface Surroundings {
  /** Loads a native package, which is no dependency of ours. @throws when it is not installed or does not load. */
  loadNative(specifier: string): Promise<unknown>;
  /** Whether Node still has what the native packages call. */
  readonly hasLegacyUtil: boolean;
}

const surroundings: Surroundings = {
  loadNative: (specifier) => import(specifier),
  hasLegacyUtil: "isNullOrUndefined" in util,
};

/** Why a backend was passed over, for people. */
class PassedOver extends Error {
  override readonly name = "PassedOver";
}

/** Each loads a backend, makes it TensorFlow.js's own and describes it. */
const openers: Record<TfjsBackend, (around: Surroundings) => Promise<string>> = {
  "node-gpu": (around) => openNative("@tensorflow/tfjs-node-gpu", around),
  node: (around) => openNative("@tensorflow/tfjs-node", around),
  async wasm() {
    await passingOver("@tensorflow/tfjs-backend-wasm", async () => {
      await import("@tensorflow/tfjs-backend-wasm");
      await select("wasm");
      guardAllocation(tf.backend());
    });
    return `WebAssembly on one thread of ${processor()}`;
  },
  async cpu() {
    await import("@tensorflow/tfjs-backend-cpu");
    await select("cpu");
    return `plain JavaScript on one thread of ${processor()}`;
  },
};

/**
 * Makes the first backend of `wanted` that can be loaded that of the whole process. The description says which, and why
 * better ones that are installed were passed over.
 * @throws Error when none can be loaded.
 */
export async function openTfjsBackend(
  wanted: readonly TfjsBackend[] = tfjsBackends,
  around: Surroundings = surroundings,
): Promise<{ backend: TfjsBackend; description: string }> {
  // Nothing is checked twice, and the plain backend does not ask for the native one.
  tf.enableProdMode();
  const reasons = new Set<string>();
  for (const backend of wanted) {
    try {
      const what = await openers[backend](around);
      if (tf.getGradient("Conv2D") === undefined) await registerTfjsGradients();
      return { backend, description: [`TensorFlow.js ${tf.version_core}, ${what}`, ...reasons].join("; ") };
    } catch (cause) {
      if (!(cause instanceof PassedOver)) throw cause;
      if (cause.message !== "") reasons.add(cause.message);
    }
  }
  throw new Error(["no backend of TensorFlow.js can be loaded", ...reasons].join("; "));
}

async function openNative(specifier: string, { loadNative, hasLegacyUtil }: Surroundings): Promise<string> {
  if (!hasLegacyUtil) {
    throw new PassedOver("its native packages do not run on Node 23 and later: they call util.isNullOrUndefined, which is gone");
  }
  await passingOver(specifier, async () => {
    await loadNative(specifier);
    await select("tensorflow");
  });
  const native = tf.backend();
  return "isUsingGpuDevice" in native && native.isUsingGpuDevice === true ? "libtensorflow on a GPU" : `libtensorflow on ${processor()}`;
}

/** @throws PassedOver when `load` fails; the cause is for the log, and nothing is said of what is not installed. */
async function passingOver(what: string, load: () => Promise<void>): Promise<void> {
  try {
    await load();
  } catch (cause) {
    if (isMissing(cause, what)) throw new PassedOver("");
    console.error(`${what} is installed but cannot be loaded:`, cause);
    throw new PassedOver(`${what} is installed but cannot be loaded`, { cause });
  }
}

function isMissing(cause: unknown, specifier: string): boolean {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${specifier}'`);
}

async function select(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js's backend ${name} does not start`);
}

function processor(): string {
  return cpus()[0]?.model.trim() ?? "the processor";
}
