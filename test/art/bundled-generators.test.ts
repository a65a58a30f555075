import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createPainters } from "../../server/art/painters.js";
import { decodePlanes, toInterleaved } from "../../server/art/picture.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { parseCard } from "../../server/models/card.js";
import { paintAll } from "../contracts/painter.js";

const bundled = fileURLToPath(new URL("../../models/bundled", import.meta.url));

/** The generators of the repository, each with a reference picture and its translation after training. */
const generators = readdirSync(bundled).flatMap((id) => {
  const card = parseCard(readFileSync(join(bundled, id, "card.json"), "utf8"));
  return card?.task === "TRANSLATION" ? [{ id, family: card.family }] : [];
});

describe("bundled generators", () => {
  test("cover both families", () => {
    expect(new Set(generators.map(({ family }) => family))).toEqual(new Set(["CYCLEGAN", "PIX2PIX"]));
  });

  test.each(generators)("$id paints its reference picture as it did after training", async ({ id }) => {
    const read = (...path: string[]) => readFile(join(bundled, id, ...path));
    const { file, sha256, architecture, translation: form } = parseCard(String(await read("card.json")))!;
    const [input, output] = await Promise.all([read("reference", "input.png"), read("reference", "output.png")]);
    const expected = await decodePlanes(output, { longerSide: 256 });
    const engine = new OnnxEngine();
    const [painting] = await paintAll(createPainters(engine), {
      kind: "TRANSLATION",
      generator: { id, path: join(bundled, id, file), sha256, architecture, form: form! },
      source: { digest: id, bytes: input },
      size: 256,
    });
    await engine.close();
    const [painted, recorded] = [toInterleaved(painting!.planes), toInterleaved(expected)];
    expect(painted).toHaveLength(recorded.length);
    expect(painted.reduce((most, value, i) => Math.max(most, Math.abs(value - recorded[i]!)), 0)).toBeLessThanOrEqual(2);
  });
});
