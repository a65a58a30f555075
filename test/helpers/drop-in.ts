import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { constant, FREE, input } from "../../server/graph/node.js";
import { OnnxBuilder } from "../../server/graph/onnx/builder.js";
import { serializeModel } from "../../server/graph/onnx/model.js";
import { MessageWriter } from "../../server/graph/onnx/protobuf.js";
import { concat, conv2d, mul } from "../../server/graph/operators/index.js";
import { scalar, tensor } from "../../server/graph/tensor.js";
import { toOnnx } from "../../server/graph/to-onnx.js";

const picture = input("input", [1, 3, FREE, FREE]);
const shape = [1, 3, FREE, FREE] as const;

/** Turns a picture (-1..1) into its negative. */
export const negative = toOnnx({ output: mul(picture, constant(scalar(-1))) });

/** A graph of one operator between two pictures. */
function oneOperator(write: (onnx: OnnxBuilder) => string): Uint8Array {
  const onnx = new OnnxBuilder();
  onnx.alias(write(onnx), "output");
  return serializeModel(onnx, [{ name: "input", shape }], [{ name: "output", shape }]);
}

/** Files that cannot be generators, by what is wrong with them. */
export const badFiles = {
  twoInputs: toOnnx({ output: mul(picture, input("more", [1, 3, FREE, FREE])) }),
  otherNames: toOnnx({ result: mul(picture, constant(scalar(-1))) }),
  sixChannels: toOnnx({ output: concat(picture, picture, { axis: 1 }) }),
  fixedSize: toOnnx({ output: mul(input("input", [1, 3, 256, 256]), constant(scalar(-1))) }),
  negativeSize: withShape(1, 3, -1, -1),
  channelsLast: withShape(1, null, null, 3),
  notANumber: toOnnx({ output: mul(picture, constant(scalar(Number.NaN))) }),
  /** Its graph claims to keep the size, but does not. */
  halfTheSize: oneOperator((onnx) => onnx.add("AveragePool", ["input"], { kernel_shape: [2, 2], strides: [2, 2] })),
  /** No picture can be reshaped like this. */
  throwing: oneOperator((onnx) => onnx.add("Reshape", ["input", onnx.integers([7, 3, 11, 13])])),
  unknownOperator: oneOperator((onnx) => onnx.add("Enchant", ["input"])),
  externalData: externalData(),
  noModel: new TextEncoder().encode("version https://example.org/large-files/v1"),
} as const;

/** A graph of one operator between two pictures of a shape as some exporters declare it; null for a free size. */
function withShape(...sizes: (number | null)[]): Uint8Array {
  return new MessageWriter()
    .integer(1, 8)
    .message(8, (opset) => opset.string(1, "").integer(2, 18))
    .message(7, (graph) => {
      graph.message(1, (node) => node.string(1, "input").string(2, "output").string(4, "Neg")).string(2, "graph");
      for (const [field, name] of [
        [11, "input"],
        [12, "output"],
      ] as const) {
        graph.message(field, (value) =>
          value.string(1, name).message(2, (type) =>
            type.message(1, (part) =>
              part.integer(1, 1).message(2, (shape) => {
                for (const size of sizes) shape.message(1, (one) => (size === null ? one.string(2, "free") : one.integer(1, size)));
              }),
            ),
          ),
        );
      }
    })
    .finish();
}

/** Runs for minutes: a thousand convolutions with one weight. */
export function endless(): Uint8Array {
  const channels = 64;
  const weight = constant(tensor([channels, channels, 3, 3], new Float32Array(channels * channels * 9).fill(1e-3)));
  const first = constant(tensor([channels, 3, 3, 3], new Float32Array(channels * 27).fill(1e-3)));
  const last = constant(tensor([3, channels, 3, 3], new Float32Array(channels * 27).fill(1e-3)));
  let value = conv2d(picture, first, null, { padding: 1 });
  for (let i = 0; i < 1000; i++) value = conv2d(value, weight, null, { padding: 1 });
  return toOnnx({ output: conv2d(value, last, null, { padding: 1 }) });
}

/** A graph with a weight in another file. */
function externalData(): Uint8Array {
  return new MessageWriter()
    .integer(1, 8)
    .message(8, (opset) => opset.string(1, "").integer(2, 18))
    .message(7, (graph) => {
      graph.message(1, (node) => node.string(1, "input").string(1, "weight").string(2, "output").string(4, "Mul"));
      graph.string(2, "graph").message(5, (weight) =>
        weight
          .integer(1, 1)
          .integer(2, 1)
          .string(8, "weight")
          .message(13, (entry) => entry.string(1, "location").string(2, "../../secret.bin"))
          .integer(14, 1),
      );
      for (const [field, name] of [
        [11, "input"],
        [12, "output"],
      ] as const) {
        graph.message(field, (value) => value.string(1, name).message(2, (type) => type.message(1, (part) => part.integer(1, 1))));
      }
    })
    .finish();
}

const side = { layout: "NCHW", dtype: "float32", colour: "RGB" };

/** The shortest valid card, with changes to it and to its input. */
export function shortCard(id: string, changes: Record<string, unknown> = {}, input: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    title: id,
    kind: "generator",
    model: "net.onnx",
    input: { ...side, name: "input", from_uint8: "v/127.5-1", ...input },
    output: { ...side, name: "output", to_uint8: "clamp(round((v+1)*127.5),0,255)" },
    native_size: [64, 64],
    size_multiple: 16,
    min_size: 16,
    ...changes,
  };
}

export function sha256Of(file: Uint8Array): string {
  return createHash("sha256").update(file).digest("hex");
}

/** Writes a model's folder, the card first, as a copy may. A card of null is left out. */
export async function dropIn(
  directory: string,
  folder: string,
  file: Uint8Array = negative,
  card: Record<string, unknown> | null = shortCard(folder),
): Promise<string> {
  const path = join(directory, folder);
  await mkdir(path, { recursive: true });
  if (card) await writeFile(join(path, "card.json"), JSON.stringify(card));
  await writeFile(join(path, "net.onnx"), file);
  return path;
}
