import { totalmem } from "node:os";
import type { Engine } from "../engine/engine.js";
import { AtelierError, messageOf, unavailable } from "../errors.js";
import { memoryOfCard } from "./card-memory.js";
import { faultOfCuda, openOnCuda } from "./cuda.js";
import { type DeviceName, kindOf, type SpeedTimes, testedDevices } from "./messages.js";
import { selfTest } from "./self-test.js";
import { speedTest } from "./speed-test.js";

/** Length of the longest message of ONNX Runtime that is shown, characters. */
const MAX_REPORT = 200;

/** An opened engine, and what is known about its device. */
export interface OpenedEngine {
  engine: Engine;
  /** Null where the device was not timed. */
  speed: SpeedTimes | null;
  /** Memory of the device's own, bytes; null where it computes in the memory of the machine. */
  memoryBytes: number | null;
  /** Compares the device with the processor again; absent for devices without a driver. */
  test?: () => Promise<void>;
}

/**
 * Opens the engine for a device, and tests it where a driver lies between; only the packages of that engine are loaded.
 * @param isTested False for a device that is known from an earlier start.
 * @param isTimed False for a device that is used however slow it is.
 * @throws AtelierError UNAVAILABLE with what to do, where the machine has no such device or it computes wrong numbers.
 */
export async function openEngine(device: DeviceName, { isTested = true, isTimed = true } = {}): Promise<OpenedEngine> {
  const engine = await openUntested(device);
  const memoryBytes = await memoryOfCard(device);
  if (!testedDevices.has(kindOf(device))) return { engine, speed: null, memoryBytes };
  const test = () => besideProcessor(engine, selfTest);
  if (isTested) await test();
  const speed = isTested && isTimed ? await besideProcessor(engine, speedTest) : null;
  return { engine, speed, memoryBytes, test };
}

function openUntested(device: DeviceName): Promise<Engine> {
  switch (kindOf(device)) {
    case "cpu":
      return openOnCpu();
    case "webgpu":
      return openOnWebGpu();
    case "cuda":
      return openOnCuda(device);
    case "tfjs":
      return openTfjs();
    case "reference":
      return openReference();
  }
}

/**
 * Runs a test that compares an engine with the processor.
 * @throws AtelierError UNAVAILABLE with what to do, when the device fails in it.
 */
async function besideProcessor<Result>(engine: Engine, test: (engine: Engine, processor: Engine) => Promise<Result>): Promise<Result> {
  const processor = await openOnCpu();
  try {
    return await test(engine, processor);
  } catch (error) {
    if (error instanceof AtelierError && error.code === "UNAVAILABLE") throw error;
    throw unavailable(await whyNot(engine, error), { cause: error });
  } finally {
    await processor.close();
  }
}

async function whyNot({ device }: Engine, error: unknown): Promise<string> {
  const reported = error instanceof Error ? messageOf(error.cause) : "";
  if (/adapter/i.test(reported)) {
    return "WebGPU finds no graphics processor. It needs one with its driver and, on Linux, Vulkan's loader (libvulkan1).";
  }
  const known = device.startsWith("cuda") ? await faultOfCuda(reported) : null;
  return known ?? `The device ${device} fails in its test: ${shortened(reported)} An update of its driver may help.`;
}

/** The beginning of a message of ONNX Runtime, without the places in its source. */
function shortened(message: string): string {
  const text = message
    .replace(/\S*\/\S+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return text.length > MAX_REPORT ? `${text.slice(0, MAX_REPORT)}...` : text;
}

async function openOnCpu(): Promise<Engine> {
  const { OnnxEngine } = await import("../engine/onnx.js");
  return new OnnxEngine();
}

async function openOnWebGpu(): Promise<Engine> {
  const [{ OnnxEngine }, { onWebGpu }] = await Promise.all([import("../engine/onnx.js"), import("../engine/onnx-providers.js")]);
  return new OnnxEngine(onWebGpu());
}

async function openReference(): Promise<Engine> {
  const { ReferenceEngine } = await import("../engine/reference.js");
  return new ReferenceEngine();
}

async function openTfjs(): Promise<Engine> {
  const { TfjsEngine } = await import("../engine/tfjs.js");
  return TfjsEngine.create();
}

/** Total memory of this machine, or of the container around this process, bytes. */
export function memoryOfMachine(): number {
  // A container may allow less than the machine has. Without a container Node reports 0, or more than any machine has.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}
