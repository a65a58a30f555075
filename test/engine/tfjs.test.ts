import { TfjsEngine } from "../../server/engine/tfjs.js";
import { engineContract } from "../contracts/engine.js";

engineContract("tfjs", () => TfjsEngine.create(["wasm"]));
