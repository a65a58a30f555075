/**
 * Loss and gradient with VGG-19 on the WebAssembly backend of the tfjs engine, whose differentiation is TensorFlow.js's
 * own. A peer of loss-gradient.ts: it replies to each line on stdin with a line of JSON.
 *
 *   npx tsx bench/loss-gradient-tfjs.ts weights.safetensors size
 */
import { createInterface } from "node:readline";
import { version_core } from "@tensorflow/tfjs-core";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { TfjsEngine } from "../server/engine/tfjs.js";
import { openScene } from "./loss-gradient-scene.js";

const [weightsFile = "", size = "256"] = process.argv.slice(2);
const engine = await TfjsEngine.create(["wasm"]);
const evaluate = await openScene(
  engine,
  await openFeatureNetwork({ id: "vgg19", path: weightsFile, architecture: { family: "vgg19" } }),
  Number(size),
);
console.log(JSON.stringify({ name: `tfjs-wasm ${version_core}`, detail: engine.description }));
for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(await evaluate()));
await engine.close();
