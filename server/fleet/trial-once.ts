import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { AtelierError, unavailable } from "../errors.js";
import { TrialCutShort } from "../host/model-trial.js";
import type { TrialKey, TrialVerdict } from "../records/shared-model.js";
import type { TrialStore } from "../storage/fleet.js";

export interface TrialOnceParts {
  trials: TrialStore;
  trial: TrialKey;
  /** How long a claim holds without being renewed, ms: the machine that tries may die. */
  leaseMs: number;
  /** Time between two looks whether another machine has finished, ms. */
  lookMs: number;
  signal: AbortSignal;
  /** Does work on the store, again and again while it cannot be reached. */
  patiently<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Receives errors that keep a lease from being moved or ended. */
  failed(error: unknown): void;
}

/**
 * Has a model tried once for a kind of device: by `run` here, or by another machine, which is waited for. A machine that
 * had too little time or memory leaves the trial to others.
 * @throws AtelierError UNAVAILABLE when the model was refused, here or elsewhere; what `run` throws; the signal's reason.
 */
export async function tryOnce(parts: TrialOnceParts, run: () => Promise<{ parameters: number }>): Promise<{ parameters: number }> {
  const { trials, trial, leaseMs, lookMs, signal, patiently } = parts;
  const trierId = randomUUID();
  for (;;) {
    const claim = await patiently(() => trials.claim(trial, trierId, leaseMs));
    if (claim === "CLAIMED") return holding(parts, trierId, run);
    if (claim !== "BUSY") return outcomeOf(claim);
    await delay(lookMs, undefined, { signal });
  }
}

async function holding(
  { trials, trial, leaseMs, signal, patiently, failed }: TrialOnceParts,
  trierId: string,
  run: () => Promise<{ parameters: number }>,
): Promise<{ parameters: number }> {
  const renewing = setInterval(() => void trials.renew(trial, trierId, leaseMs).catch(failed), leaseMs / 3);
  try {
    const verdict = await verdictOf(run, signal).catch(async (error: unknown) => {
      await trials.release(trial, trierId).catch(failed);
      throw error;
    });
    await patiently(() => trials.finish(trial, trierId, verdict));
    return outcomeOf(verdict);
  } finally {
    clearInterval(renewing);
  }
}

/** @throws what `run` throws where that is no verdict on the model. */
async function verdictOf(run: () => Promise<{ parameters: number }>, signal: AbortSignal): Promise<TrialVerdict> {
  try {
    return { accepted: true, ...(await run()) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AtelierError) || error instanceof TrialCutShort) throw error;
    return { accepted: false, reason: error.message };
  }
}

function outcomeOf(verdict: TrialVerdict): { parameters: number } {
  if (verdict.accepted) return { parameters: verdict.parameters };
  throw unavailable(verdict.reason);
}
