import { totalmem } from "node:os";

/** Memory that this machine, or the container around this process, has in all, bytes. */
export function memoryOfMachine(): number {
  // A container may allow less than the machine has; without one the limit is told as 0 or as beyond all memory.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}
