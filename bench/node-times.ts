import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import type { Tensor } from "../server/graph/tensor.js";

/** Runs that are averaged. */
const runs = 10;

/** A line of ONNX Runtime's profile. */
interface ProfileEvent {
  cat: string;
  name: string;
  dur: number;
  args: { op_name?: string; output_type_shape?: { float?: number[] }[] };
}

/**
 * Where the time of one run of an ONNX model goes on two threads, by ONNX Runtime's own profile: ms by kind, the longest
 * first. `kindOf` names the kind of a node by its operator and the shape of its result.
 */
export async function nodeTimes(
  model: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
  kindOf: (operator: string, shape: readonly number[]) => string,
): Promise<[kind: string, ms: number][]> {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { data, shape }]) => [name, new OnnxTensor("float32", data, shape)]));
  const folder = await mkdtemp(join(tmpdir(), "atelier-profile-"));
  const session = await InferenceSession.create(model, {
    ...{ executionProviders: ["cpu"], intraOpNumThreads: 2, interOpNumThreads: 1, enableMemPattern: false, logSeverityLevel: 3 },
    ...{ enableProfiling: true, profileFilePrefix: join(folder, "run") },
  });
  for (let run = 0; run < runs; run++) await session.run(feeds);
  session.endProfiling();
  await session.release();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file!), "utf8")) as ProfileEvent[];
  await rm(folder, { recursive: true });

  const times = new Map<string, number>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
    const kind = kindOf(args.op_name ?? "", args.output_type_shape?.[0]?.float ?? []);
    times.set(kind, (times.get(kind) ?? 0) + dur / 1000 / runs);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

/** Prints the times and their sum. */
export function printTimes(title: string, times: readonly (readonly [kind: string, ms: number])[]): void {
  console.log(`${title}: ${times.reduce((sum, [, ms]) => sum + ms, 0).toFixed(0)} ms`);
  for (const [kind, ms] of times) console.log(`  ${kind}: ${ms.toFixed(1)} ms`);
}
