import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { TfjsEngine } from "../../server/engine/tfjs.js";
import { constant, FREE, input } from "../../server/graph/node.js";
import { abs, add, conv2d, mul, reduceSum, relu } from "../../server/graph/operators/index.js";
import { engineContract } from "../contracts/engine.js";
import { engineGeneratorsContract } from "../contracts/engine-generators.js";
import { engineNetworksContract } from "../contracts/engine-networks.js";
import { randomTensor } from "../helpers/random.js";

const open = () => TfjsEngine.create(["wasm"]);

engineContract("tfjs", open);
engineNetworksContract("tfjs", open);
engineGeneratorsContract("tfjs", open);

async function engine(): Promise<TfjsEngine> {
  const opened = await open();
  onTestFinished(() => opened.close());
  return opened;
}

describe("memory of the tfjs engine", () => {
  const x = input("x", [1, 2, FREE, FREE]);
  const features = relu(conv2d(x, constant(randomTensor([3, 2, 3, 3], 1)), null, { padding: 1 }));
  const graph = { features, sum: reduceSum(mul(features, features), "all") };
  const request = { outputs: ["features"], gradient: { of: "sum", towards: ["x"] } };
  const picture = (size: number) => ({ x: randomTensor([1, 2, size, size], size) });

  test("a run leaves no tensors behind, and closing frees the constants", async () => {
    const tfjs = await engine();
    const before = tf.memory();
    const program = await tfjs.open(graph, request);
    await program.run(picture(8));
    const opened = tf.memory();
    for (const size of [8, 5, 12]) await program.run(picture(size));
    expect(tf.memory()).toMatchObject({ numTensors: opened.numTensors, numBytes: opened.numBytes });
    await program.close();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  test.each([false, true])(
    "a run that is too large fails with OUT_OF_MEMORY and leaves no tensors behind, and the engine still works (gradient: %s)",
    async (differentiated) => {
      const [column, row] = [input("column", [FREE, 1]), input("row", [1, FREE])];
      const program = await (await engine()).open(
        { sum: reduceSum(abs(add(relu(column), relu(row))), "all") },
        { outputs: ["sum"], ...(differentiated && { gradient: { of: "sum", towards: ["row"] } }) },
      );
      const inputs = (side: number) => ({
        column: { shape: [side, 1], data: new Float32Array(side).fill(1) },
        row: { shape: [1, side], data: new Float32Array(side).fill(1) },
      });
      expect((await program.run(inputs(2))).sum?.data[0]).toBe(8);
      const before = tf.memory();
      // 4e12 bytes, where WebAssembly addresses 4e9, and 3.6e9, more than its kernels can count.
      for (const side of [1e6, 3e4]) {
        await expect(program.run(inputs(side))).rejects.toMatchObject({ code: "OUT_OF_MEMORY", message: "The device ran out of memory." });
        expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
      }
      expect((await program.run(inputs(2))).sum?.data[0]).toBe(8);
    },
  );

  test("any other failure of TensorFlow.js is DEVICE_LOST, without its own message", async () => {
    const program = await (await engine()).open(graph, request);
    const gradient = tf.getGradient("Conv2D");
    tf.unregisterGradient("Conv2D");
    onTestFinished(() => tf.registerGradient(gradient));
    await expect(program.run(picture(8))).rejects.toMatchObject({
      code: "DEVICE_LOST",
      message: "The device could not compute the graph.",
      cause: expect.any(Error),
    });
  });
});
