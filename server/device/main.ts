import { createPainters } from "../art/painters.js";
import { openEngine } from "./engines.js";
import { memoryOfMachine } from "./memory.js";
import { serveDevice } from "./serve.js";

serveDevice(async (choice) => {
  const engine = await openEngine(choice);
  return { engine, painters: createPainters(engine, memoryOfMachine()) };
});
