import { setTimeout as delay } from "node:timers/promises";
import { until } from "./until.js";

/** Whether faults last as long as in the world outside (`npm run faults`); otherwise they end once their effect shows. */
export const areFaultsLong = process.env.LONG_FAULTS === "1";

/** Longest wait for what follows a long fault, ms. */
const LONG_PATIENCE_MS = 300_000;

/** Lets a fault last until its effect shows, and in the long form for so many seconds at least. */
export async function faultLasts(seconds: number, effect: () => boolean | Promise<boolean>): Promise<void> {
  const least = areFaultsLong ? delay(1000 * seconds) : null;
  await until(effect);
  await least;
}

/** Waits for what follows a fault. @throws Error when it does not come in a minute, or in the long form in five. */
export function afterFault(condition: () => boolean | Promise<boolean>): Promise<void> {
  return areFaultsLong ? until(condition, LONG_PATIENCE_MS) : until(condition);
}
