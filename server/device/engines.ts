import type { Engine } from "../engine/engine.js";
import type { DeviceChoice } from "./messages.js";

const openers: Record<DeviceChoice, () => Promise<Engine>> = {
  auto: openOnnx,
  cpu: openOnnx,
  tfjs: openTfjs,
  reference: openReference,
};

/** Opens the engine for a device; only that engine's packages are loaded. */
export function openEngine(choice: DeviceChoice): Promise<Engine> {
  return openers[choice]();
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
