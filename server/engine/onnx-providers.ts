import { cpus } from "node:os";
import { env, type InferenceSession, listSupportedBackends } from "onnxruntime-node";
import { unavailable } from "../errors.js";
import { type WinogradRule, whereFaster } from "../graph/winograd.js";
import { usableCores } from "./cores.js";

/** A device as ONNX Runtime reaches it: one of its execution providers. */
export interface OnnxProvider {
  /** Name of the device as sessions show it. */
  readonly device: string;
  /** Description of the device for people. */
  readonly description: string;
  readonly options: InferenceSession.SessionOptions;
  /** Where convolutions are computed by Winograd's method, if a request asks for it; null for nowhere. */
  readonly winogradRule: WinogradRule | null;
}

/** Options of every session. */
const common: InferenceSession.SessionOptions = {
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  // A memory plan for each size costs a tenth more memory and saves no time.
  enableMemPattern: false,
  logSeverityLevel: 3,
};

/**
 * The processor. The same inputs give the same bits.
 * @param threads of one run; by default one for each core that this process may use.
 */
export function onCpu(threads = usableCores(), winogradRule = whereFaster): OnnxProvider {
  return {
    device: "cpu",
    description: `${threads} threads of ${cpus()[0]?.model.trim() ?? "the processor"}, ${runtime}`,
    winogradRule,
    options: {
      ...common,
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      // Waiting threads spin during a run. Without this they would keep a core busy for 30 ms after it.
      extra: { session: { force_spinning_stop: "1" } },
    },
  };
}

/**
 * The graphics processor that WebGPU prefers, through Vulkan, Metal or Direct3D 12.
 * @throws AtelierError UNAVAILABLE where this platform's ONNX Runtime has no WebGPU.
 */
export function onWebGpu(): OnnxProvider {
  if (!listSupportedBackends().some(({ name }) => name === "webgpu")) {
    const platform = `${process.platform} ${process.arch}`;
    throw unavailable(`ONNX Runtime has no WebGPU for this platform (${platform}). Choose another device with ATELIER_DEVICE.`);
  }
  return {
    device: "webgpu",
    description: `WebGPU, ${runtime}`,
    winogradRule: null,
    // With channels last, ONNX Runtime 1.30 computes wrong pictures with narrow generators.
    options: { ...common, executionProviders: [{ name: "webgpu", preferredLayout: "NCHW" }], intraOpNumThreads: 1 },
  };
}

/**
 * A card of NVIDIA, counted as nvidia-smi counts them.
 * @param card Its name, for the description.
 */
export function onCuda(index: number, card: string): OnnxProvider {
  return {
    device: index === 0 ? "cuda" : `cuda:${index}`,
    description: `${card}, CUDA, ${runtime}`,
    winogradRule: null,
    options: { ...common, executionProviders: [{ name: "cuda", deviceId: index }], intraOpNumThreads: 1 },
  };
}

const runtime = `ONNX Runtime ${env.versions.node}`;
