import { TfjsEngine } from "../../server/engine/tfjs.js";
import { engineContract } from "../contracts/engine.js";
import { engineNetworksContract } from "../contracts/engine-networks.js";

engineContract("tfjs", () => TfjsEngine.create(["wasm"]));
engineNetworksContract("tfjs", () => TfjsEngine.create(["wasm"]));
