import { serveDevice } from "../../server/device/serve.js";
import { AtelierError } from "../../server/errors.js";
import { scriptedPainters } from "./scripted-painters.js";

// Entry of a device process that paints by script. `cuda` cannot be opened, `webgpu` never is, `tfjs` dies of it.
serveDevice(
  async (device) => {
    if (device === "cuda") throw new AtelierError("UNAVAILABLE", "There is no such device.");
    if (device === "webgpu") await new Promise(() => undefined);
    if (device === "tfjs") process.exit(3);
    return { engine: { name: "scripted", device: "fake", description: "paints by script" }, painters: scriptedPainters() };
  },
  { checkpointIntervalMs: 0, log: () => undefined },
);
