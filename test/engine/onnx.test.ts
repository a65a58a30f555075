import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { constant, FREE, type Graph, input } from "../../server/graph/node.js";
import { add, avgPool, conv2d, mul, reduceSum, relu } from "../../server/graph/operators/index.js";
import { toOnnx } from "../../server/graph/to-onnx.js";
import { expectClose } from "../helpers/gradient-check.js";
import { randomTensor } from "../helpers/random.js";

function engine(threads: number): OnnxEngine {
  const opened = new OnnxEngine(onCpu(threads));
  onTestFinished(() => opened.close());
  return opened;
}

test("the description names the threads, the runtime and its version", () => {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  expect(engine(2).description).toMatch(/^2 threads of /);
  expect(engine(2).description).toContain(`, ONNX Runtime ${version}`);
});

test("a run that needs more memory than any machine has fails with OUT_OF_MEMORY, and the engine still works", async () => {
  const graph = { sum: reduceSum(add(input("column", [FREE, 1]), input("row", [1, FREE])), "all") };
  const program = await engine(1).open(graph, { outputs: ["sum"] });
  const inputs = (side: number) => ({
    column: { shape: [side, 1], data: new Float32Array(side) },
    row: { shape: [1, side], data: new Float32Array(side) },
  });
  // 4e14 bytes are beyond the 47 bits of a process's address space, so no system tries to provide them.
  await expect(program.run(inputs(1e7))).rejects.toMatchObject({ code: "OUT_OF_MEMORY", message: "The device ran out of memory." });
  expect((await program.run(inputs(2))).sum?.data[0]).toBe(0);
});

/** The sum of squares after two convolutions, wide enough for ONNX Runtime's blocks of channels. */
function thinNetwork(): Graph {
  const first = relu(conv2d(input("image", [1, 3, FREE, FREE]), constant(randomTensor([16, 3, 3, 3], 1)), null, { padding: 1 }));
  const second = conv2d(avgPool(first, { size: 2 }), constant(randomTensor([16, 16, 3, 3], 2)), null, { padding: 1, padMode: "reflect" });
  const features = relu(second);
  return { loss: add(reduceSum(mul(features, features), "all"), reduceSum(mul(first, first), "all")) };
}

test("a thin network's gradient is right at every size, whatever sizes were run before", async () => {
  const wanted = { outputs: ["loss"], gradient: { of: "loss", towards: ["image"] } };
  const program = await engine(2).open(thinNetwork(), wanted);
  const reference = await new ReferenceEngine().open(thinNetwork(), wanted);
  const sizes = [
    [8, 8],
    [7, 8],
    [8, 11],
    [9, 7],
    [5, 4],
    [4, 6],
    [8, 8],
  ] as const;
  for (const [height, width] of sizes) {
    const inputs = { image: randomTensor([1, 3, height, width], height + width) };
    const [actual, expected] = [await program.run(inputs), await reference.run(inputs)];
    for (const name of ["loss", "gradient:image"]) expectClose(actual[name]!, expected[name]!, `${name} at ${height} x ${width}`);
  }
});

test("runs of one program at different sizes may be started at once", async () => {
  const program = await engine(1).open(thinNetwork(), { outputs: [], gradient: { of: "loss", towards: ["image"] } });
  const sides = [4, 5, 6, 7, 8, 9];
  const results = await Promise.all(sides.map((side) => program.run({ image: randomTensor([1, 3, side, side], side) })));
  expect(results.map((result) => result["gradient:image"]?.shape)).toEqual(sides.map((side) => [1, 3, side, side]));
});

test("a thin network measures a large picture like a small one", async () => {
  const program = await engine(2).open(thinNetwork(), { outputs: ["loss"], gradient: { of: "loss", towards: ["image"] } });
  const motif = randomTensor([3, 16, 16], 5);
  /** The loss of the motif in the middle of a black square, for which all features are 0. */
  const lossIn = async (side: number) => {
    const data = new Float32Array(3 * side * side);
    const corner = side / 2 - 8;
    motif.data.forEach((value, i) => {
      const [channel, row, column] = [Math.floor(i / 256), Math.floor(i / 16) % 16, i % 16];
      data[(channel * side + corner + row) * side + corner + column] = value;
    });
    return (await program.run({ image: { shape: [1, 3, side, side], data } })).loss!;
  };
  expectClose(await lossIn(1024), await lossIn(32), "loss", 1e-4);
});

test("any other failure of the runtime is DEVICE_LOST, without the runtime's own message", async () => {
  const x = input("x", [1]);
  const opening = engine(-1).open({ double: add(x, x) }, { outputs: ["double"] });
  await expect(opening).rejects.toMatchObject({
    code: "DEVICE_LOST",
    message: "The device could not compute the graph.",
    cause: expect.any(Error),
  });
});

/** Writes an ONNX file of a graph, or any bytes, and returns its path. */
async function file(content: Graph | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-onnx-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "model.onnx");
  await writeFile(path, content instanceof Uint8Array ? content : toOnnx(content));
  return path;
}

test("an ONNX file runs with its own names for inputs and outputs", async () => {
  const x = input("picture", [1, FREE]);
  const program = await engine(1).openFile(await file({ doubled: add(x, x) }));
  for (const values of [
    [1, 2],
    [3, 4, 5],
  ]) {
    const { doubled } = await program.run({ picture: { shape: [1, values.length], data: Float32Array.from(values) } });
    expect([doubled?.shape, [...(doubled?.data ?? [])]]).toEqual([[1, values.length], values.map((value) => 2 * value)]);
  }
  await expect(program.run({ other: { shape: [1, 1], data: new Float32Array(1) } })).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test.each(["damaged", "missing"])("a %s ONNX file is UNAVAILABLE, without its path", async (kind) => {
  const path = await file(Uint8Array.of(1, 2, 3));
  const opening = engine(1).openFile(kind === "damaged" ? path : `${path}.not`);
  await expect(opening).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: "The model's file holds no graph that ONNX Runtime can run.",
  });
});
