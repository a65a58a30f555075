import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { add, FREE, type Graph, input, reduceSum } from "../../server/graph/index.js";
import { toOnnx } from "../../server/graph/to-onnx.js";

function engine(threads: number): OnnxEngine {
  const opened = new OnnxEngine(threads);
  onTestFinished(() => opened.close());
  return opened;
}

test("the description names the threads, the runtime and its version", () => {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  expect(engine(2).description).toMatch(/^2 threads of /);
  expect(engine(2).description).toContain(`, ONNX Runtime ${version}`);
});

test("a run that needs more memory than there can be is OUT_OF_MEMORY, and the engine goes on", async () => {
  const graph = { sum: reduceSum(add(input("column", [FREE, 1]), input("row", [1, FREE])), "all") };
  const program = await engine(1).open(graph, { outputs: ["sum"] });
  const inputs = (side: number) => ({
    column: { shape: [side, 1], data: new Float32Array(side) },
    row: { shape: [1, side], data: new Float32Array(side) },
  });
  // 4e14 bytes: beyond the 47 bits of address space that a process has, so no system tries to give them.
  await expect(program.run(inputs(1e7))).rejects.toMatchObject({ code: "OUT_OF_MEMORY", message: "The device ran out of memory." });
  expect((await program.run(inputs(2))).sum?.data[0]).toBe(0);
});

test("any other failure of the runtime is DEVICE_LOST, told without the runtime's own words", async () => {
  const x = input("x", [1]);
  const opening = engine(-1).open({ double: add(x, x) }, { outputs: ["double"] });
  await expect(opening).rejects.toMatchObject({
    code: "DEVICE_LOST",
    message: "The device could not compute the graph.",
    cause: expect.any(Error),
  });
});

/** Path of an ONNX file of a graph, or of any bytes. */
async function file(content: Graph | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-onnx-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "model.onnx");
  await writeFile(path, content instanceof Uint8Array ? content : toOnnx(content));
  return path;
}

test("an ONNX file runs with its own names", async () => {
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

test.each(["damaged", "missing"])("a %s ONNX file is UNAVAILABLE, told without its path", async (kind) => {
  const path = await file(Uint8Array.of(1, 2, 3));
  const opening = engine(1).openFile(kind === "damaged" ? path : `${path}.not`);
  await expect(opening).rejects.toMatchObject({ code: "UNAVAILABLE", message: "The model's file is no graph that ONNX Runtime can run." });
});
