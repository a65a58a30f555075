import { beforeAll, describe } from "vitest";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onWebGpu } from "../../server/engine/onnx-providers.js";
import { engineContract } from "../contracts/engine.js";
import { engineGeneratorsContract } from "../contracts/engine-generators.js";
import { engineNetworksContract } from "../contracts/engine-networks.js";
import { softwareVulkan } from "../helpers/software-vulkan.js";

describe.skipIf(softwareVulkan === null)("WebGPU by a software driver", () => {
  beforeAll(() => {
    Object.assign(process.env, softwareVulkan);
  });
  engineContract("onnx on webgpu", () => new OnnxEngine(onWebGpu()));
  engineNetworksContract("onnx on webgpu", async () => new OnnxEngine(onWebGpu()), { isSlow: true });
  engineGeneratorsContract("onnx on webgpu", async () => new OnnxEngine(onWebGpu()));
});
