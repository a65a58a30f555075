/**
 * A process that tries one model and exits. Whatever a model can do to a process, it does to this one: the host that
 * forked it limits its time, and a guard its memory.
 */
import { OnnxEngine } from "../engine/onnx.js";
import { onCpu } from "../engine/onnx-providers.js";
import { AtelierError } from "../errors.js";
import { guardProcess } from "../processes/guard.js";
import { attachToHost, sendToHost } from "./host-channel.js";
import { reasonOf, type TrialFile, tryModel } from "./trial.js";

attachToHost();

process.once("message", ({ file, memoryBytes }: { file: TrialFile; memoryBytes: number }) => void run(file, memoryBytes));

async function run(file: TrialFile, memoryBytes: number): Promise<void> {
  // One thread: sessions that are painted meanwhile keep the others.
  const engine = new OnnxEngine(onCpu(1));
  guardProcess({ memoryBytes });
  await sendToHost({ type: "started" });
  try {
    const { parameters } = await tryModel(engine, file);
    await sendToHost({ type: "passed", parameters });
  } catch (error) {
    // A typed error without a cause holds nothing that the host does not receive.
    if (!(error instanceof AtelierError) || error.cause !== undefined) console.error(`The model ${file.id} was refused:`, error);
    await sendToHost({ type: "refused", reason: reasonOf(error, file.path) });
  }
  process.exit(0);
}
