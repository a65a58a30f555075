import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constant, FREE, input } from "../../server/graph/node.js";
import { mul } from "../../server/graph/operators/index.js";
import { scalar } from "../../server/graph/tensor.js";
import { toOnnx } from "../../server/graph/to-onnx.js";

/** Id of the model in the mirror. */
export const inverterId = "inverter";

/** A mirror folder of models that turn a picture into its negative, in sides of 16 px and multiples. */
export async function mirrorWithInverter(ids: readonly string[] = [inverterId]): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-mirror-"));
  const file = toOnnx({ negative: mul(input("picture", [1, 3, FREE, FREE]), constant(scalar(-1))) });
  const side = { layout: "NCHW", dtype: "float32", colour: "RGB", range: [-1, 1] };
  const card = {
    title: "Negative",
    kind: "cyclegan",
    model: "inverter.onnx",
    input: { ...side, name: "picture", from_uint8: "v/127.5-1" },
    output: { ...side, name: "negative", to_uint8: "clamp(round((v+1)*127.5),0,255)" },
    native_size: [64, 64],
    size_multiple: 16,
    min_size: 32,
    params: 1,
    bytes: file.byteLength,
    sha256: createHash("sha256").update(file).digest("hex"),
    source: "a test",
    licence: "none",
  };
  for (const id of ids) {
    await mkdir(join(folder, id));
    await writeFile(join(folder, id, "card.json"), JSON.stringify({ id, ...card }));
    await writeFile(join(folder, id, card.model), file);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
