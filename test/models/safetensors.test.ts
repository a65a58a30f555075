import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../server/models/safetensors.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(header: unknown, data: Uint8Array): Promise<string> {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const path = join(folder, "tensors.safetensors");
  await writeFile(path, Buffer.concat([length, text, data]));
  return path;
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({ dtype, shape, data_offsets: [begin, end] });
const damaged = { code: "UNAVAILABLE" };

describe("safetensors", () => {
  it("reads float32 tensors by name, at any offset", async () => {
    const header = { a: entry("F32", [1], 0, 4), b: entry("F32", [2, 1], 4, 12) };
    expect(await readSafetensors(await fileOf(header, floats(7, 1.5, -2)), ["b"])).toEqual({
      b: { shape: [2, 1], data: Float32Array.of(1.5, -2) },
    });
  });

  it("reads all float tensors, and only those, when none are named", async () => {
    const header = {
      __metadata__: { format: "pt" },
      a: entry("F32", [1], 0, 4),
      steps: entry("I64", [], 4, 12),
      b: entry("F16", [1], 12, 14),
    };
    const { a, b, ...rest } = await readSafetensors(await fileOf(header, new Uint8Array([...floats(7), ...new Array(8).fill(1), 0, 0x3c])));
    expect([a?.data[0], b?.data[0], rest]).toEqual([7, 1, {}]);
  });

  it("widens float16, extremes included", async () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x0400, 0x3555, 0x7c00, 0xfc00);
    const path = await fileOf({ a: entry("F16", [9], 0, 18) }, new Uint8Array(bits.buffer));
    const { a } = await readSafetensors(path, ["a"]);
    expect([...(a?.data ?? [])]).toEqual([1, -2, 65504, 2 ** -24, -0, 2 ** -14, 0.333251953125, Infinity, -Infinity]);
  });

  it("keeps a value that is not a number", async () => {
    const path = await fileOf({ a: entry("F16", [1], 0, 2) }, Uint8Array.of(0x01, 0x7c));
    expect((await readSafetensors(path, ["a"])).a?.data[0]).toBeNaN();
  });

  it("does not read tensors that were not requested", async () => {
    const path = await fileOf({ a: entry("F32", [1], 0, 4), rest: entry("I8", [10 ** 9], 4, 4 + 10 ** 9) }, floats(3));
    expect((await readSafetensors(path, ["a"])).a?.data).toEqual(Float32Array.of(3));
  });

  it.each<[string, unknown]>([
    ["a header that is not JSON", "{"],
    ["a header that is not an object", "[]"],
    ["a tensor that is missing", { b: entry("F32", [1], 0, 4) }],
    ["another element type", { a: entry("BF16", [2], 0, 4) }],
    ["a negative size", { a: entry("F32", [-1], 0, 4) }],
    ["offsets that do not fit the shape", { a: entry("F32", [2], 0, 4) }],
    ["offsets beyond the end of the file", { a: entry("F32", [1], 400, 404) }],
    ["offsets that run backwards", { a: entry("F32", [1], 4, 0) }],
  ])("refuses %s", async (_, header) => {
    await expect(readSafetensors(await fileOf(header, floats(1)), ["a"])).rejects.toMatchObject(damaged);
  });

  it("refuses files that are cut off, have an absurd header or do not exist, and names no path", async () => {
    const path = join(folder, "short.safetensors");
    await expect(readSafetensors(path, ["a"])).rejects.toMatchObject(damaged);
    for (const bytes of [[], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 255, 123], [100, 0, 0, 0, 0, 0, 0, 0, 123]]) {
      await writeFile(path, Uint8Array.from(bytes));
      const failure = await readSafetensors(path, ["a"]).catch((error: Error) => error);
      expect(failure).toMatchObject(damaged);
      expect((failure as Error).message).not.toContain(folder);
    }
  });
});
