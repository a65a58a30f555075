import type { Engine } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import type { DeviceChoice } from "./messages.js";

/** Opens the engine for a device; only that engine's packages are loaded. @throws AtelierError UNAVAILABLE when this build has none. */
export async function openEngine(choice: DeviceChoice): Promise<Engine> {
  switch (choice) {
    case "auto":
    case "cpu": {
      const { OnnxEngine } = await import("../engine/onnx.js");
      return new OnnxEngine();
    }
    case "reference": {
      const { ReferenceEngine } = await import("../engine/reference.js");
      return new ReferenceEngine();
    }
    default:
      throw new AtelierError("UNAVAILABLE", `The device ${choice} is not available here; choose auto, cpu or reference.`, {
        field: "ATELIER_DEVICE",
        limit: "auto, cpu, reference",
      });
  }
}
