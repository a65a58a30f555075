import { createPainters } from "../art/painters.js";
import { memoryOfMachine, openEngine } from "./machine.js";
import { serveDevice } from "./serve.js";

serveDevice(async (device, options) => {
  const opened = await openEngine(device, options);
  const memoryBytes = Math.min(memoryOfMachine(), opened.memoryBytes ?? Number.POSITIVE_INFINITY);
  return { ...opened, painters: createPainters(opened.engine, memoryBytes) };
});
