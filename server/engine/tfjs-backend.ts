import { createRequire, register } from "node:module";
import { cpus } from "node:os";
import { pathToFileURL } from "node:url";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { guardAllocation } from "./tfjs-allocation.js";

/** The backends of TensorFlow.js that can run here, best first. */
export const tfjsBackends = ["node-gpu", "node", "wasm", "cpu"] as const;

export type TfjsBackend = (typeof tfjsBackends)[number];

/** What the choice of a backend depends on outside TensorFlow.js. */
export interface BackendEnvironment {
  /** Loads a native package, which is no dependency of ours. @throws when it is not installed or does not load. */
  loadNative(specifier: string): Promise<unknown>;
  /** Whether Node still has the functions of `util` that the native packages call. */
  readonly hasLegacyUtil: boolean;
}

const thisProcess: BackendEnvironment = {
  loadNative: (specifier) => import(specifier),
  hasLegacyUtil: "isNullOrUndefined" in util,
};

/** A backend that cannot be used. The message says why, for people; it is empty for packages that are not installed. */
class BackendUnavailable extends Error {
  override readonly name = "BackendUnavailable";
}

/** Each loads a backend, makes TensorFlow.js use it, and returns its description. */
const openers: Record<TfjsBackend, (environment: BackendEnvironment) => Promise<string>> = {
  "node-gpu": (environment) => openNative("@tensorflow/tfjs-node-gpu", environment),
  node: (environment) => openNative("@tensorflow/tfjs-node", environment),
  async wasm() {
    await loadOrPassOver("@tensorflow/tfjs-backend-wasm", async () => {
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
 * Loads the first backend of `wanted` that can be loaded, and makes the whole process use it. The description names it,
 * and says why better backends that are installed were passed over.
 * @throws Error when none can be loaded.
 */
export async function openTfjsBackend(
  wanted: readonly TfjsBackend[] = tfjsBackends,
  environment: BackendEnvironment = thisProcess,
): Promise<{ backend: TfjsBackend; description: string }> {
  // Production mode checks nothing twice, and the plain backend then does not recommend the native one.
  tf.enableProdMode();
  const reasons = new Set<string>();
  for (const backend of wanted) {
    try {
      const description = await openers[backend](environment);
      if (tf.getGradient("Conv2D") === undefined) await registerGradients();
      return { backend, description: [`TensorFlow.js ${tf.version_core}, ${description}`, ...reasons].join("; ") };
    } catch (cause) {
      if (!(cause instanceof BackendUnavailable)) throw cause;
      if (cause.message !== "") reasons.add(cause.message);
    }
  }
  throw new Error(["no backend of TensorFlow.js can be loaded", ...reasons].join("; "));
}

async function openNative(specifier: string, { loadNative, hasLegacyUtil }: BackendEnvironment): Promise<string> {
  if (!hasLegacyUtil) {
    throw new BackendUnavailable(
      "its native packages need Node 20 or 22 (they do not run on Node 23 and later: they call util.isNullOrUndefined, which is gone)",
    );
  }
  // Without this the library greets everyone with lines that look like warnings. It reads the variable when it is loaded.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "1";
  await loadOrPassOver(specifier, async () => {
    await loadNative(specifier);
    await select("tensorflow");
  });
  const native = tf.backend();
  return "isUsingGpuDevice" in native && native.isUsingGpuDevice === true ? "libtensorflow on a GPU" : `libtensorflow on ${processor()}`;
}

/** Runs `load` for a package. @throws BackendUnavailable when it fails; the cause goes to the log. */
async function loadOrPassOver(specifier: string, load: () => Promise<void>): Promise<void> {
  try {
    await load();
  } catch (cause) {
    if (isMissing(cause, specifier)) throw new BackendUnavailable("");
    console.error(`${specifier} is installed but cannot be loaded:`, cause);
    throw new BackendUnavailable(`${specifier} is installed but cannot be loaded`, { cause });
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

/** A module hook that adds the file extensions which TensorFlow.js's modules leave out of their imports. */
const resolveHook = `export function resolve(specifier, context, next) {
  const hasNoExtension = specifier.startsWith(".") && !specifier.endsWith(".js") && context.parentURL?.includes("/tfjs-core/dist/");
  return next(hasNoExtension ? specifier + ".js" : specifier, context);
}`;

/**
 * Registers TensorFlow.js's derivatives. The main file of its core leaves them out, and the file that has them is
 * written for bundlers. The native packages register their own.
 */
async function registerGradients(): Promise<void> {
  register(`data:text/javascript,${encodeURIComponent(resolveHook)}`);
  const file = createRequire(import.meta.url).resolve("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  await import(pathToFileURL(file).href);
}
