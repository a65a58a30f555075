import { createPainters } from "../art/painters.js";
import { memoryOfMachine, openEngine } from "./machine.js";
import { serveDevice } from "./serve.js";

serveDevice(async (device, { isTested }) => {
  const opened = await openEngine(device, { isTested });
  const memoryBytes = Math.min(memoryOfMachine(), opened.memoryBytes ?? Number.POSITIVE_INFINITY);
  return { ...opened, painters: createPainters(opened.engine, memoryBytes) };
});
