import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { engineContract } from "../contracts/engine.js";
import { engineGeneratorsContract } from "../contracts/engine-generators.js";
import { engineNetworksContract } from "../contracts/engine-networks.js";
import { WinogradEngine } from "../helpers/winograd.js";

engineContract("onnx", () => new OnnxEngine());
engineContract("onnx on one thread", () => new OnnxEngine(onCpu(1)));
engineContract("onnx by Winograd's method", async () => new WinogradEngine(2));
engineNetworksContract("onnx by Winograd's method", async () => new WinogradEngine(2));
engineContract("reference", () => new ReferenceEngine());
engineGeneratorsContract("reference", async () => new ReferenceEngine());
