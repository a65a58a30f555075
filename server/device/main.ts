import { createPainters } from "../art/painters.js";
import { memoryOfMachine, openEngine } from "./machine.js";
import { serveDevice } from "./serve.js";

serveDevice(async (choice) => {
  const engine = await openEngine(choice);
  return { engine, painters: createPainters(engine, memoryOfMachine()) };
});
