import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { nextPainting, type Planes } from "../../server/art/painter.js";
import { decodePlanes, toInterleaved } from "../../server/art/picture.js";
import { createTranslationFactory } from "../../server/art/translation.js";
import type { TranslationWork } from "../../server/art/work.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { constant, type Node } from "../../server/graph/node.js";
import { add, avgPool, conv2d, mul, reciprocal, sub } from "../../server/graph/operators/index.js";
import { scalar, tensor } from "../../server/graph/tensor.js";
import { parseCard } from "../../server/models/card.js";
import { paintAll, painterContract } from "../contracts/painter.js";
import { modelMirror } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { generatorOf, translationWork } from "../helpers/tiny-generator.js";

const same = (picture: Node) => picture;
const inverted = (picture: Node) => mul(picture, constant(scalar(-1)));
const factoryOf = (apply: (picture: Node) => Node) => createTranslationFactory(new ReferenceEngine(), generatorOf(apply));

async function translate(apply: (picture: Node) => Node, work: TranslationWork): Promise<Planes> {
  const [painting] = await paintAll(factoryOf(apply), work);
  return painting!.planes;
}

/** The source at the size of the result, from which a translation starts. */
const decoded = ({ source, size }: TranslationWork) => decodePlanes(source.bytes, { longerSide: size });

/** Largest difference between two pictures of the same size, in levels of 0..255. */
function difference(a: Planes, b: Planes): number {
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  const other = toInterleaved(b);
  return toInterleaved(a).reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

painterContract({
  name: "translation",
  createFactory: async () => factoryOf(inverted),
  work: () => translationWork({ form: { sizeMultiple: 32 } }),
  lastStep: 0,
});

describe("a translation", () => {
  test("paints one picture, which is the last, without losses", async () => {
    const paintings = await paintAll(factoryOf(inverted), await translationWork());
    expect(paintings).toMatchObject([{ step: 0, last: true, losses: null, planes: { width: 24, height: 18 } }]);
  });

  test.each([
    ["smaller", 24, 18, 10, 10, 8],
    ["larger", 24, 18, 50, 50, 38],
    ["upright", 9, 30, 20, 6, 20],
    ["a line", 300, 1, 40, 40, 1],
    ["a dot", 1, 1, 16, 16, 16],
  ])("has exactly the requested size: %s", async (_name, width, height, size, expectedWidth, expectedHeight) => {
    const work = await translationWork({ width, height, size, form: { sizeMultiple: 32, minSize: 64 } });
    const planes = await translate(inverted, work);
    expect([planes.width, planes.height]).toEqual([expectedWidth, expectedHeight]);
  });

  test("pads sides by mirroring to the card's multiple and smallest size, and cuts the border off", async () => {
    const work = await translationWork({ width: 24, height: 18, form: { sizeMultiple: 16, minSize: 32 } });
    // A mean over 32 x 32 px fits only a picture of exactly this size.
    const meanAdded = (picture: Node) => add(picture, mul(constant(scalar(0)), avgPool(picture, { size: 32 })));
    expect(difference(await translate(meanAdded, work), await decoded(work))).toBe(0);
  });

  test.each(["UNIT", "SIGNED", "BYTE"] as const)("converts to and from the range %s", async (range) => {
    const work = await translationWork({ form: { inputRange: range, outputRange: range } });
    expect(difference(await translate(same, work), await decoded(work))).toBe(0);
  });

  test("converts to the card's input range and back from its output range", async () => {
    const work = await translationWork({ form: { inputRange: "BYTE", outputRange: "SIGNED" } });
    const toSigned = (picture: Node) => sub(mul(picture, constant(scalar(1 / 127.5))), constant(scalar(1)));
    expect(difference(await translate(toSigned, work), await decoded(work))).toBe(0);
  });

  test("keeps red, green and blue apart", async () => {
    // Red becomes the green of the source, green the blue, and blue the red.
    const rotated = constant(tensor([3, 3, 1, 1], [0, 1, 0, 0, 0, 1, 1, 0, 0]));
    const work = await translationWork();
    const [planes, source] = [await translate((picture) => conv2d(picture, rotated, null), work), await decoded(work)];
    const channel = (of: Planes, index: number) => of.data.subarray(index * 24 * 18, (index + 1) * 24 * 18);
    for (const [to, from] of [1, 2, 0].entries()) {
      for (const [i, value] of channel(planes, to).entries()) expect(value).toBeCloseTo(channel(source, from)[i]!, 5);
    }
  });

  test("clamps values beyond the range", async () => {
    const planes = await translate((picture) => mul(picture, constant(scalar(100))), await translationWork());
    expect(planes.data.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(planes.data.includes(1)).toBe(true);
  });

  test("opens a model once for all its translations", async () => {
    let opened = 0;
    const factory = createTranslationFactory(new ReferenceEngine(), async () => ({ apply: opened++ === 0 ? inverted : same }));
    for (let i = 0; i < 2; i++) {
      const painter = await factory.open(await translationWork(), null);
      await nextPainting(painter);
      await painter.close();
    }
    expect(opened).toBe(1);
    await factory.close();
  });
});

test("a model whose file was replaced is read again", async () => {
  let opened = 0;
  const factory = createTranslationFactory(new ReferenceEngine(), async () => ({ apply: opened++ === 0 ? inverted : same }));
  const work = await translationWork();
  const planes = async (sha256: string) => {
    const painter = await factory.open({ ...work, generator: { ...work.generator, sha256 } }, null);
    const painting = await nextPainting(painter);
    await painter.close();
    return painting.planes;
  };
  expect(difference(await planes("a".repeat(64)), await decoded(work))).toBeGreaterThan(0);
  expect(difference(await planes("b".repeat(64)), await decoded(work))).toBe(0);
  await factory.close();
});

test("a program that ran a large picture is closed to free its memory, and opened again for the next one", async () => {
  let opened = 0;
  const factory = createTranslationFactory(new ReferenceEngine(), async () => ({ apply: opened++ === 0 ? inverted : same }));
  for (const [size, expected] of [
    [520, 1],
    [20, 2],
    [20, 2],
  ] as const) {
    const painter = await factory.open(await translationWork({ size }), null);
    expect((await nextPainting(painter)).planes.width).toBe(size);
    await painter.close();
    expect(opened).toBe(expected);
  }
  await factory.close();
});

describe("a translation fails clearly", () => {
  const failing = async (apply: (picture: Node) => Node, work: TranslationWork) => {
    await expect(translate(apply, work)).rejects.toMatchObject({
      name: "AtelierError",
      code: "UNAVAILABLE",
      message: expect.stringContaining("model"),
    });
  };

  test("for outputs that are not colours", async () => {
    await failing((picture) => reciprocal(sub(picture, picture)), await translationWork());
  });

  test("for outputs of another size", async () => {
    await failing((picture) => avgPool(picture, { size: 2 }), await translationWork());
  });

  test("for a card that requires a giant border", async () => {
    await failing(same, await translationWork({ form: { sizeMultiple: 1_000_000 } }));
  });

  test("for an ONNX file on an engine that cannot read one", async () => {
    const work = await translationWork();
    await failing(same, { ...work, generator: { ...work.generator, architecture: null } });
  });

  test("for a feature network", async () => {
    const work = await translationWork();
    await failing(same, { ...work, generator: { ...work.generator, architecture: { family: "vgg19" } } });
  });

  test("for a missing file, and then translates with another one", async () => {
    const factory = createTranslationFactory(new OnnxEngine(onCpu(1)), generatorOf(inverted));
    const work = await translationWork();
    const folder = await mkdtemp(join(tmpdir(), "atelier-model-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const missing = { ...work, generator: { ...work.generator, path: join(folder, "nothing.onnx"), architecture: null } };
    await expect(factory.open(missing, null)).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.not.stringContaining(folder) });
    const painter = await factory.open(work, null);
    expect((await nextPainting(painter)).last).toBe(true);
    await painter.close();
    await factory.close();
  });
});

describe("public generators", () => {
  const mirror = modelMirror();
  if (!mirror) noteSkipped("There is no mirror with the public generators; set ATELIER_MODEL_MIRROR to one.");
  let engine: OnnxEngine;
  beforeAll(() => {
    engine = new OnnxEngine();
    return () => engine.close();
  });

  test.skipIf(!mirror).each(["cyclegan-horse2zebra", "pix2pix-facades", "fast-style-candy"])(
    "%s paints its reference picture",
    async (id) => {
      const folder = join(mirror!, id);
      const card = parseCard(await readFile(join(folder, "card.json"), "utf8"))!;
      const [input, output] = await Promise.all(["input.png", "output.png"].map((name) => readFile(join(folder, "reference", name))));
      const generator = {
        id,
        path: join(folder, card.file),
        sha256: card.sha256,
        architecture: card.architecture,
        form: card.translation!,
      };
      const work: TranslationWork = { kind: "TRANSLATION", generator, source: { digest: id, bytes: input! }, size: card.size };
      const [painting] = await paintAll(createTranslationFactory(engine, generatorOf(same)), work);
      expect(difference(painting!.planes, await decodePlanes(output!, { longerSide: card.size }))).toBeLessThanOrEqual(2);
    },
  );
});
