import { serveDevice } from "../../server/device/serve.js";
import { AtelierError } from "../../server/errors.js";
import { scriptedPainters } from "./scripted-painters.js";

/** Whether the process was started with a title that foretells how opening its device goes. */
const titled = (title: string) => process.execArgv.includes(`--title=${title}`);

// Entry of a device process that paints by script. Titled `refused` it cannot open its device, `endless` it never has,
// `deadly` it dies of it.
serveDevice(
  async () => {
    if (titled("refused")) throw new AtelierError("UNAVAILABLE", "There is no such device.");
    if (titled("endless")) await new Promise(() => undefined);
    if (titled("deadly")) process.exit(3);
    return { engine: { name: "scripted", device: "fake", description: "paints by script" }, painters: scriptedPainters() };
  },
  { checkpointIntervalMs: 0, log: () => undefined },
);
