import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createPainters } from "../../server/art/painters.js";
import { decodePlanes, toInterleaved, uprightSize } from "../../server/art/picture.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { parseCard } from "../../server/models/card.js";
import { paintAll } from "../contracts/painter.js";
import { modelMirror } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";

const mirror = modelMirror();
if (mirror === null) noteSkipped("There is no mirror with the public generators; set ATELIER_MODEL_MIRROR to one.");

/** Folders of the generators in the mirror. */
const generators = (mirror === null ? [] : readdirSync(mirror, { withFileTypes: true })).flatMap((entry) => {
  if (!entry.isDirectory()) return [];
  const card = parseCard(readFileSync(join(mirror ?? "", entry.name, "card.json"), "utf8"));
  return card?.task === "TRANSLATION" ? [entry.name] : [];
});

describe.skipIf(mirror === null)("public generators", () => {
  test("are nine known models", () => {
    expect(generators).toHaveLength(9);
  });

  test.each(generators)("%s reproduces its reference picture", async (id) => {
    const read = (...path: string[]) => readFile(join(mirror ?? "", id, ...path));
    const card = parseCard(String(await read("card.json")));
    if (!card?.translation) throw new Error("This is no generator.");
    const [input, output] = await Promise.all([read("reference", "input.png"), read("reference", "output.png")]);
    const { width, height } = await uprightSize(output);
    const size = Math.max(width, height);
    const engine = new OnnxEngine();
    const [painting] = await paintAll(createPainters(engine), {
      kind: "TRANSLATION",
      generator: {
        id,
        path: join(mirror ?? "", id, card.file),
        sha256: card.sha256,
        architecture: card.architecture,
        form: card.translation,
      },
      source: { digest: id, bytes: input },
      size,
    });
    await engine.close();
    if (!painting) throw new Error("Nothing was painted.");
    const [painted, recorded] = [toInterleaved(painting.planes), toInterleaved(await decodePlanes(output, { longerSide: size }))];
    expect(painted).toHaveLength(recorded.length);
    const difference = painted.reduce((sum, value, index) => sum + Math.abs(value - (recorded[index] ?? 0)), 0);
    expect(difference / painted.length).toBeLessThanOrEqual(2);
  });
});
