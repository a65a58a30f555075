import { createPainters } from "../art/painters.js";
import { memoryOfMachine, openEngine } from "./machine.js";
import { serveDevice } from "./serve.js";

serveDevice(async (device) => {
  const { engine, selfTest } = await openEngine(device);
  return { engine, selfTest, painters: createPainters(engine, memoryOfMachine()) };
});
