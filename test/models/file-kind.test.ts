import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tensor } from "../../server/graph/tensor.js";
import { notAModel } from "../../server/models/file-kind.js";
import { negative } from "../helpers/drop-in.js";
import { writeSafetensors } from "../helpers/safetensors.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-kinds-"));
});

afterAll(() => rm(folder, { recursive: true }));

test.each([
  ["version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", /^a Git LFS pointer/],
  ["/annex/objects/SHA256E-s9--00.onnx\n", /^a git-annex pointer/],
  ["\n<!DOCTYPE html><html>", /^a web page/],
  ["<html lang=en>", /^a web page/],
  ['{"error": "not found"}', /^JSON/],
  ["PK\x03\x04archive/data.pkl", /^a ZIP archive or a checkpoint of PyTorch/],
  ["\x1F\x8B\x08", /^compressed with gzip/],
  ["", /^empty$/],
])("a file that is not a model is recognised: %j", async (content, kind) => {
  const path = join(folder, "file");
  await writeFile(path, content, "latin1");
  expect(await notAModel(path)).toMatch(kind);
});

test("a model of any format is none of these", async () => {
  const [onnx, safetensors] = [join(folder, "onnx"), join(folder, "safetensors")];
  await writeFile(onnx, negative);
  await writeSafetensors(safetensors, { weight: tensor([2], [1, 2]) });
  expect(await notAModel(onnx)).toBeNull();
  expect(await notAModel(safetensors)).toBeNull();
});
