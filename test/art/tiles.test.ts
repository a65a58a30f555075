import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { nextPainting, type Planes } from "../../server/art/painter.js";
import { decodePlanes, toInterleaved } from "../../server/art/picture.js";
import { transferLargeScaleColours } from "../../server/art/tile-colours.js";
import { largestArea, overlapFor, Tiling } from "../../server/art/tiles.js";
import { createTranslationFactory } from "../../server/art/translation.js";
import type { TranslationWork } from "../../server/art/work.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { constant, type Node } from "../../server/graph/node.js";
import { add, instanceNorm, mul } from "../../server/graph/operators/index.js";
import { scalar, tensor } from "../../server/graph/tensor.js";
import { paintAll, painterContract } from "../contracts/painter.js";
import { generatorOf, translationWork } from "../helpers/tiny-generator.js";

const flat = (width: number, height: number, value: number): Planes => ({
  width,
  height,
  data: new Float32Array(3 * width * height).fill(value),
});

/** Sides that are no multiples, thin pictures, and networks that accept only few sizes. */
const cuts = [
  { width: 1021, height: 683, area: 256 * 256, overlap: 120, sizeMultiple: 4, minSize: 32 },
  { width: 517, height: 1039, area: 333 * 333, overlap: 128, sizeMultiple: 128, minSize: 128 },
  { width: 1100, height: 1100, area: 1024 * 1024, overlap: 128, sizeMultiple: 256, minSize: 256 },
  { width: 701, height: 3, area: 1600, overlap: 168, sizeMultiple: 1, minSize: 1 },
  { width: 1, height: 400, area: 81, overlap: 7, sizeMultiple: 1, minSize: 1 },
  { width: 777, height: 311, area: 1, overlap: 128, sizeMultiple: 32, minSize: 64 },
];

describe.each(cuts)("$width x $height px in tiles of at most $area px", ({ width, height, area, overlap, ...form }) => {
  const tiling = new Tiling({ width, height }, { area, overlap, form });

  test("each tile lies within the picture and has sides that the network accepts", () => {
    expect(tiling.regions.length).toBeGreaterThan(1);
    const least = Math.ceil(Math.max(form.minSize, 2) / form.sizeMultiple) * form.sizeMultiple;
    for (const region of tiling.regions) {
      expect(region.left).toBeGreaterThanOrEqual(0);
      expect(region.top).toBeGreaterThanOrEqual(0);
      expect(region.left + region.width).toBeLessThanOrEqual(width);
      expect(region.top + region.height).toBeLessThanOrEqual(height);
      expect(region.width * region.height).toBeLessThanOrEqual(Math.max(area, least * least));
      for (const [side, whole] of [
        [region.width, width],
        [region.height, height],
      ] as const) {
        if (side !== whole) expect(side % form.sizeMultiple).toBe(0);
      }
    }
  });

  test("no weight is below 0, and the weights add up to 1 everywhere", () => {
    const sum = flat(width, height, 0);
    for (const [index, region] of tiling.regions.entries()) {
      const weights = flat(width, height, 0);
      tiling.blendInto(weights, index, flat(region.width, region.height, 1));
      expect(weights.data.every((weight) => weight >= 0)).toBe(true);
      for (let i = 0; i < weights.data.length; i++) sum.data[i]! += weights.data[i]!;
    }
    expect(sum.data.reduce((worst, value) => Math.max(worst, Math.abs(value - 1)), 0)).toBeLessThan(1e-6);
  });
});

test("a picture that fits is one tile", () => {
  const form = { sizeMultiple: 1, minSize: 1 };
  const { regions } = new Tiling({ width: 40, height: 30 }, { area: 1600, overlap: 8, form });
  expect(regions).toEqual([{ left: 0, top: 0, width: 40, height: 30 }]);
});

test("neighbours overlap as far as requested", () => {
  const { regions } = new Tiling({ width: 1000, height: 100 }, { area: 400 * 400, overlap: 120, form: { sizeMultiple: 4, minSize: 32 } });
  for (const [index, { left }] of regions.slice(1).entries()) {
    expect(regions[index]!.left + regions[index]!.width - left).toBeGreaterThanOrEqual(119);
  }
});

test("the largest area of a run grows with the memory, up to a limit", () => {
  const areas = [0.5, 1, 2, 4, 8, 16, 64].map((gigabytes) => largestArea(gigabytes * 1e9));
  expect(areas).toEqual([...areas].sort((a, b) => a - b));
  expect(areas[0]).toBeGreaterThan(128 * 128);
  expect(areas.at(-1)).toBe(1024 * 1024);
});

test("networks with a larger receptive field need a larger overlap", () => {
  const resnet = {
    family: "resnet-generator",
    channels: [4, 8, 8],
    norm: "instance",
    affine: false,
    statistics: "picture",
    upsampling: "nearest",
  } as const;
  const overlap = (blocks: number) => overlapFor({ ...resnet, blocks, separable: false, dropout: false });
  expect(overlap(6)).toBeLessThan(overlap(9));
  expect(overlapFor(null)).toBeGreaterThan(0);
});

test("large-scale colours are transferred and detail is kept", () => {
  const [width, height] = [512, 256];
  const picture = flat(width, height, 0.3);
  for (let i = 0; i < picture.data.length; i += 2) picture.data[i]! += 0.1;
  const small = flat(64, 32, 0.35 + 0.1);
  transferLargeScaleColours(small, picture);
  const worst = picture.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (i % 2 === 0 ? 0.5 : 0.4))), 0);
  expect(worst).toBeLessThan(1e-5);
});

describe("a translation in tiles", () => {
  const AREA = 64 * 64;
  const inverted = (picture: Node) => mul(picture, constant(scalar(-1)));
  const factoryOf = (apply: (picture: Node) => Node, area = AREA) =>
    createTranslationFactory(new ReferenceEngine(), generatorOf(apply), undefined, area);

  async function translate(apply: (picture: Node) => Node, work: TranslationWork, area?: number): Promise<Planes> {
    const [painting] = await paintAll(factoryOf(apply, area), work);
    return painting!.planes;
  }

  painterContract({
    name: "translation in tiles",
    createFactory: async () => factoryOf(inverted),
    work: () => translationWork({ width: 150, height: 111 }),
    lastStep: 0,
  });

  test.each([
    ["no multiple", 203, 151, { sizeMultiple: 4, minSize: 32 }],
    ["thin", 301, 5, { sizeMultiple: 4, minSize: 32 }],
    ["few sizes accepted", 131, 203, { sizeMultiple: 32, minSize: 64 }],
    ["least size above what memory allows", 300, 300, { sizeMultiple: 128, minSize: 128 }],
  ])("is exact for a network that treats each pixel alone: %s", async (_name, width, height, form) => {
    const work = await translationWork({ width, height, form });
    const whole = await translate(inverted, work, Number.POSITIVE_INFINITY);
    expect(toInterleaved(await translate(inverted, work))).toEqual(toInterleaved(whole));
    expect(toInterleaved(whole)).not.toEqual(toInterleaved(await decodePlanes(work.source.bytes, { longerSide: work.size })));
  });

  test("gives no picture after each tile, and the whole picture at the end", async () => {
    const painter = await factoryOf(inverted).open(await translationWork({ width: 100, height: 60 }), null);
    expect(painter.nextStep).toBe(0);
    for (let tile = 0; tile < 2; tile++) {
      expect(await painter.paint()).toBeNull();
      expect(painter.nextStep).toBe(0);
    }
    expect(await painter.paint()).toMatchObject({ step: 0, last: true, planes: { width: 100, height: 60 } });
    await painter.close();
  });

  test("counts the time of all its runs", async () => {
    const painter = await factoryOf(inverted).open(await translationWork({ width: 100, height: 60 }), null);
    expect((await nextPainting(painter)).computeMs).toBeGreaterThan(0);
    await painter.close();
  });

  test("frees the program when it is closed between tiles, so that the next translation can use it", async () => {
    const factory = factoryOf(inverted);
    const work = await translationWork({ width: 200, height: 120 });
    const painter = await factory.open(work, null);
    expect(await painter.paint()).toBeNull();
    await painter.close();
    const next = await factory.open(work, null);
    expect(toInterleaved((await nextPainting(next)).planes)).toEqual(toInterleaved(await translate(inverted, work)));
    await next.close();
    await factory.close();
  });

  test("has the colours of the whole picture even if the network normalises each tile by its own statistics", async () => {
    // By itself, every tile would have the same mean colour, however light or dark the picture is there.
    const all = (value: number) => constant(tensor([3], [value, value, value]));
    const normalised = (picture: Node) => add(instanceNorm(picture, all(0.3), all(0), { epsilon: 1e-5 }), constant(scalar(0)));
    const [width, height] = [512, 384];
    const pixels = Buffer.from(Array.from({ length: 3 * width * height }, (_, i) => (Math.floor(i / 3) % width) / 4 + i / 3 / width / 4));
    const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const work = { ...(await translationWork({ size: width })), source: { digest: "gradient", bytes } };
    const whole = await translate(normalised, work, Number.POSITIVE_INFINITY);
    const tiled = await translate(normalised, work, 200 * 200);
    const corner = (planes: Planes, left: number, top: number) => {
      let sum = 0;
      for (let y = top; y < top + 96; y++) for (let x = left; x < left + 128; x++) sum += planes.data[y * planes.width + x]!;
      return sum / (96 * 128);
    };
    const [light, dark] = [corner(whole, 384, 288), corner(whole, 0, 0)];
    expect(light - dark).toBeGreaterThan(0.1);
    expect(Math.abs(corner(tiled, 384, 288) - light)).toBeLessThan(0.02);
    expect(Math.abs(corner(tiled, 0, 0) - dark)).toBeLessThan(0.02);
  });
});
