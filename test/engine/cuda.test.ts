import { test } from "vitest";
import { hasNvidiaDriver } from "../../server/device/nvidia.js";
import { isProviderInPlace, runtimeFolder } from "../../server/engine/cuda/libraries.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCuda } from "../../server/engine/onnx-providers.js";
import { engineContract } from "../contracts/engine.js";
import { engineGeneratorsContract } from "../contracts/engine-generators.js";
import { engineNetworksContract } from "../contracts/engine-networks.js";
import { noteSkipped } from "../helpers/skipped.js";

// The loader reads the variable when a process starts, so that a test cannot set it.
const isFound = (process.env.LD_LIBRARY_PATH ?? "").includes(runtimeFolder);

if (hasNvidiaDriver() && isProviderInPlace() && isFound) {
  const open = () => new OnnxEngine(onCuda(0, "a card of NVIDIA"));
  engineContract("onnx on cuda", open);
  engineNetworksContract("onnx on cuda", async () => open());
  engineGeneratorsContract("onnx on cuda", async () => open());
} else {
  const reason =
    "CUDA needs a card of NVIDIA, its libraries (npm run cuda), and LD_LIBRARY_PATH with the folder in which that command put them.";
  noteSkipped(reason);
  // A file without a test would fail; the contract above needs the card.
  test("CUDA computes what other engines compute", (context) => context.skip(reason));
}
