import { type DeviceName, isDeviceChoice, kindOf } from "../device/messages.js";
import { AtelierError } from "../errors.js";
import { type GraphicsTrial, type ModelToTry, sha256Of, type TryModel } from "../models/drop-ins/check.js";
import type { LineSink } from "../processes/child-output.js";
import type { TrialKind } from "../records/shared-model.js";
import { graphicsKind, processorKind, TrialCutShort, tryInProcess } from "./model-trial.js";

/** How models are tried on one device of this machine. */
export interface DeviceTrial {
  /** What its verdict counts for. */
  kind: TrialKind;
  /** @throws AtelierError UNAVAILABLE with what is wrong with the model, TrialCutShort; the signal's reason. */
  run(model: ModelToTry, signal: AbortSignal): Promise<{ parameters: number }>;
}

/** Trials on the processor, each in a process whose output goes to `output`. */
export function processorTrial(output: LineSink): DeviceTrial {
  return { kind: processorKind(), run: ofCheckedFile((model, signal) => tryInProcess(model, signal, { output })) };
}

/** Trials on the device that paints here; null where that is the processor, or one for tests. */
export async function graphicsTrial(device: { name: string; description: string }, output: LineSink): Promise<DeviceTrial | null> {
  const name = graphicsDevice(device.name);
  if (name === null) return null;
  const run: TryModel = (model, signal) => tryInProcess(model, signal, { output, device: name });
  return { kind: await graphicsKind(name, device.description), run: ofCheckedFile(run) };
}

/**
 * Trials that say nothing of a file which is not the checked one any more: while its folder has not been looked at again, it
 * may have been overwritten, and the verdict may count for other machines.
 */
function ofCheckedFile(run: TryModel): TryModel {
  return async (model, signal) => {
    const [outcome] = await Promise.allSettled([run(model, signal)]);
    signal.throwIfAborted();
    await requireChecked(model, signal);
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  };
}

/** @throws TrialCutShort for a file that is not the checked one any more, or cannot be read; the signal's reason. */
async function requireChecked({ path, file }: ModelToTry, signal: AbortSignal): Promise<void> {
  const sha256 = await sha256Of(path, signal).catch((error: unknown) => {
    throw error instanceof AtelierError && !signal.aborted ? new TrialCutShort(error.message) : error;
  });
  if (sha256 !== file.sha256) throw new TrialCutShort("Its file was changed while it was tried.");
}

function graphicsDevice(name: string): DeviceName | null {
  return isDeviceChoice(name) && name !== "auto" && ["webgpu", "cuda"].includes(kindOf(name)) ? name : null;
}

/**
 * Trials of models that are in use already, by `run`. A device that could not end one refuses nothing; `warn` receives why.
 */
export function trialInUse({ kind }: DeviceTrial, run: TryModel, warn: (line: string) => void): GraphicsTrial {
  return {
    name: `${kind.device}, ${kind.engine}`,
    async accepts(model, signal) {
      try {
        await run(model, signal);
        return true;
      } catch (error) {
        if (!(error instanceof TrialCutShort)) throw error;
        warn(`The model ${model.id} is used although it could not be tried on ${kind.device}. ${error.message}`);
        return false;
      }
    },
  };
}
