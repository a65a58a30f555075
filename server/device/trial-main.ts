/**
 * A process that tries one model and exits. Whatever a model can do to a process, it does to this one: the host that
 * forked it limits its time, and a guard its memory.
 */

import type { Engine } from "../engine/engine.js";
import { OnnxEngine } from "../engine/onnx.js";
import { onCpu } from "../engine/onnx-providers.js";
import { AtelierError, messageOf } from "../errors.js";
import { guardProcess } from "../processes/guard.js";
import { attachToHost, sendToHost } from "./host-channel.js";
import { openEngine } from "./machine.js";
import type { DeviceName } from "./messages.js";
import { reasonOf, type TrialFile, type TrialMessage, tryModel } from "./trial.js";

/** What the host asks for. */
export interface TrialRequest {
  /** Null to try the device alone. */
  file: TrialFile | null;
  device: DeviceName;
  memoryBytes: number;
}

attachToHost();

process.once("message", async (request: TrialRequest) => {
  await sendToHost(await verdictOn(request));
  process.exit(0);
});

async function verdictOn({ file, device, memoryBytes }: TrialRequest): Promise<TrialMessage> {
  let engine: Engine;
  try {
    guardProcess({ memoryBytes });
    engine = await open(device);
  } catch (error) {
    return { type: "cutShort", reason: `The device ${device} could not be opened for it. ${messageOf(error)}` };
  }
  // What happens from here on is the model's doing.
  await sendToHost({ type: "started" });
  if (!file) return { type: "passed", parameters: 0 };
  try {
    const { parameters } = await tryModel(engine, file);
    return { type: "passed", parameters };
  } catch (error) {
    // A typed error without a cause holds nothing that the host does not receive.
    if (!(error instanceof AtelierError) || error.cause !== undefined) console.error(`The model ${file.id} was refused:`, error);
    // Sessions that are painted there need most of a card's memory.
    const isFull = device !== "cpu" && error instanceof AtelierError && error.code === "OUT_OF_MEMORY";
    if (isFull) return { type: "cutShort", reason: `The device ${device} had too little memory left for it.` };
    const where = device === "cpu" ? "" : `On the device ${device}: `;
    return { type: "refused", reason: `${where}${reasonOf(error, file.path)}` };
  }
}

/** On the processor one thread, so that sessions which are painted meanwhile keep the others. A graphics device is tested first. */
async function open(device: DeviceName): Promise<Engine> {
  if (device === "cpu") return new OnnxEngine(onCpu(1));
  return (await openEngine(device, { isTimed: false })).engine;
}
