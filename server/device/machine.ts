import { totalmem } from "node:os";
import type { Engine } from "../engine/engine.js";
import type { DeviceChoice } from "./messages.js";

const engines: Record<DeviceChoice, () => Promise<Engine>> = {
  auto: openOnnx,
  cpu: openOnnx,
  tfjs: openTfjs,
  reference: openReference,
};

/** Opens the engine for a device; only the packages of that engine are loaded. */
export function openEngine(choice: DeviceChoice): Promise<Engine> {
  return engines[choice]();
}

async function openOnnx(): Promise<Engine> {
  const { OnnxEngine } = await import("../engine/onnx.js");
  return new OnnxEngine();
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
