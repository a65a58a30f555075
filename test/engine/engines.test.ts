import { OnnxEngine } from "../../server/engine/onnx.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { engineContract } from "../contracts/engine.js";

engineContract("onnx", () => new OnnxEngine());
engineContract("onnx on one thread", () => new OnnxEngine(1));
engineContract("reference", () => new ReferenceEngine());
