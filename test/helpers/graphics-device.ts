import { serveDevice } from "../../server/device/serve.js";
import { AtelierError, unavailable } from "../../server/errors.js";
import { scriptedPainters } from "./scripted-painters.js";

/** How the graphics processor of the tests behaves: the title of its process. */
const behaves = (how: string) => process.execArgv.includes(`--title=${how}`);

// Entry of a device process that paints by script on two devices. The processor always works.
serveDevice(
  async (device) => {
    const painters = scriptedPainters();
    const opened = { engine: { name: "scripted", device, description: "paints by script" }, painters };
    if (device === "cpu") return opened;
    if (behaves("missing")) throw unavailable("There is no graphics processor.");
    const selfTest = { ms: behaves("slow") ? 40 : 1, processorMs: 4 };
    const failure = behaves("failing") ? "DEVICE_LOST" : behaves("exhausted") ? "OUT_OF_MEMORY" : null;
    if (behaves("deadly")) return { ...opened, painters: { ...painters, open: async () => process.exit(3) }, selfTest };
    if (!failure) return { ...opened, selfTest };
    const open: typeof painters.open = async (work, checkpoint) => {
      const painter = await painters.open(work, checkpoint);
      return new Proxy(painter, {
        get(target, property) {
          if (property === "paint" && target.nextStep === 3) throw new AtelierError(failure, "The device has failed.");
          const value = Reflect.get(target, property, target) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    return { ...opened, painters: { ...painters, open }, selfTest };
  },
  { checkpointIntervalMs: 0, log: () => undefined },
);
