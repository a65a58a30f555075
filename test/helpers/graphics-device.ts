import { WrongNumbersError } from "../../server/device/self-test.js";
import { serveDevice } from "../../server/device/serve.js";
import { AtelierError, unavailable } from "../../server/errors.js";
import { scriptedPainters } from "./scripted-painters.js";

/** How the graphics processors of the tests behave: the title of their processes. */
const behaves = (...ways: string[]) => ways.some((way) => process.execArgv.includes(`--title=${way}`));

const wrongNumbers = new WrongNumbersError({ device: "webgpu", description: "of a test" }, "the loss", "9 %");

const deviceLost = new AtelierError("DEVICE_LOST", "The device has failed.");

/** Times of a loss, ms: CUDA is not always the fastest. */
const fastTimes: Record<string, number> = { webgpu: 1, cuda: 2 };

// Entry of a device process that paints by script on several devices. The processor always works.
serveDevice(
  async (device, { isTested }) => {
    const painters = scriptedPainters();
    const description = isTested ? "passed its test" : "was not tested";
    const opened = { engine: { name: "scripted", device, description }, painters };
    if (device === "cpu") return opened;
    if (behaves("missing")) throw unavailable("There is no graphics processor.");
    const speed = isTested ? { ms: behaves("slow") ? 40 : (fastTimes[device] ?? 3), processorMs: 4 } : null;
    const test = async () => {
      if (behaves("lying")) throw wrongNumbers;
      if (behaves("failing")) throw deviceLost;
    };
    if (behaves("deadly")) return { ...opened, painters: { ...painters, open: async () => process.exit(3) }, speed };
    const failure = failureOfPaintings();
    const open: typeof painters.open = async (work, checkpoint) => {
      const painter = await painters.open(work, checkpoint);
      return new Proxy(painter, {
        get(target, property) {
          if (failure && property === "paint" && target.nextStep === 3) throw failure;
          const value = Reflect.get(target, property, target) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    return { ...opened, painters: { ...painters, open }, speed, test };
  },
  { checkpointIntervalMs: 0, log: () => undefined },
);

/** The error of every painting's step 3; null where all goes well. */
function failureOfPaintings(): AtelierError | null {
  if (behaves("lying", "unlucky")) return new AtelierError("BAD_INPUT", "The painting diverged.");
  if (behaves("failing", "unable")) return deviceLost;
  return behaves("exhausted") ? new AtelierError("OUT_OF_MEMORY", "The device has failed.") : null;
}
