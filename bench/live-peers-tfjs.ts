/**
 * A bundled generator on the WebAssembly backend of the tfjs engine. A peer of live-peers.ts: it replies to each line
 * on stdin with a line of JSON.
 *
 *   npx tsx bench/live-peers-tfjs.ts size
 */
import { createInterface } from "node:readline";
import { version_core } from "@tensorflow/tfjs-core";
import { TfjsEngine } from "../server/engine/tfjs.js";
import { openLiveScene } from "./live-scene.js";

const engine = await TfjsEngine.create(["wasm"]);
const run = await openLiveScene(engine, Number(process.argv[2]));
await run();
console.log(JSON.stringify({ name: `tfjs-wasm ${version_core}`, detail: engine.description }));
for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(await run()));
await engine.close();
