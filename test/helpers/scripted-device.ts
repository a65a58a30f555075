import { serveDevice } from "../../server/device/serve.js";
import { AtelierError } from "../../server/errors.js";
import { scriptedPainters } from "./scripted-painters.js";

/** Whether the process has this title, which determines what happens when its device is opened. */
const titled = (title: string) => process.execArgv.includes(`--title=${title}`);

// Entry of a device process that paints by script. Opening its device fails with the title `refused`, never ends with
// `endless`, and kills the process with `deadly`.
serveDevice(
  async () => {
    if (titled("refused")) throw new AtelierError("UNAVAILABLE", "There is no such device.");
    if (titled("endless")) await new Promise(() => undefined);
    if (titled("deadly")) process.exit(3);
    return { engine: { name: "scripted", device: "fake", description: "paints by script" }, painters: scriptedPainters() };
  },
  { checkpointIntervalMs: 0, log: () => undefined },
);
