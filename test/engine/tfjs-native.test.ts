import { createRequire } from "node:module";
import { test } from "vitest";
import { TfjsEngine } from "../../server/engine/tfjs.js";
import { engineContract } from "../contracts/engine.js";
import { engineGeneratorsContract } from "../contracts/engine-generators.js";
import { engineNetworksContract } from "../contracts/engine-networks.js";
import { noteSkipped } from "../helpers/skipped.js";

const installed = (["node-gpu", "node"] as const).find((variant) => {
  try {
    return createRequire(import.meta.url).resolve(`@tensorflow/tfjs-${variant}`) !== "";
  } catch {
    return false;
  }
});

if (installed) {
  const open = () => TfjsEngine.create([installed]);
  engineContract("tfjs with its native binding", open);
  engineNetworksContract("tfjs with its native binding", open);
  engineGeneratorsContract("tfjs with its native binding", open);
} else {
  const reason = "The native binding of TensorFlow.js is not installed; docs/operate.md says how to install it.";
  noteSkipped(reason);
  // A file without a test would fail; the contract above needs the binding, which is an optional package.
  test("the native binding of TensorFlow.js computes what other engines compute", (context) => context.skip(reason));
}
