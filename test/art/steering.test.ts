import { describe, expect, test } from "vitest";
import { nextPainting, type PaintedStep, type Painter } from "../../server/art/painter.js";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import type { EncodedPicture, StyleTransferWork } from "../../server/art/work.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import type { ChangeAtStep } from "../../server/records/changes.js";
import { defaultSettings, type StyleTransferSettings } from "../../server/records/settings.js";
import { paintAll, painterContract } from "../contracts/painter.js";
import { pngPicture } from "../helpers/pictures.js";
import { tinyNetwork } from "../helpers/tiny-network.js";

const base: StyleTransferSettings = {
  ...defaultSettings(),
  alpha: 1,
  beta: 100,
  gamma: 0.02,
  contentLayers: [{ layer: "conv2_1", weight: 1 }],
  styleLayers: [{ layer: "conv1_1", weight: 1 }],
  learningRate: 0.02,
  steps: 8,
  size: 20,
  scales: 1,
  seed: 3,
  model: "tiny",
};

async function workWith(
  settings: Partial<StyleTransferSettings>,
  changes: ChangeAtStep<EncodedPicture>[] = [],
): Promise<StyleTransferWork> {
  return {
    kind: "STYLE_TRANSFER",
    settings: { ...base, ...settings },
    content: await pngPicture(40, 30, 1),
    styles: [{ ...(await pngPicture(24, 24, 2)), weight: 1 }],
    changes,
    network: { id: "tiny", path: "tiny", sha256: "0".repeat(64), architecture: { family: "vgg19" } },
  };
}

/** Every kind of change. */
async function everyChange(): Promise<ChangeAtStep<EncodedPicture>[]> {
  const layers = [
    { layer: "conv1_1", weight: 0.2 },
    { layer: "conv2_1", weight: 1 },
  ];
  return [
    { step: 0, settings: { gamma: 0.5 }, styles: null },
    { step: 2, settings: { alpha: 0, beta: 500 }, styles: null },
    { step: 3, settings: { styleLayers: layers }, styles: null },
    { step: 4, settings: { learningRate: 0.05 }, styles: [{ ...(await pngPicture(30, 20, 3)), weight: 2 }] },
    { step: 5, settings: { steps: 10 }, styles: null },
  ];
}

const createFactory = async () => createStyleTransferFactory(new ReferenceEngine(), async () => tinyNetwork());

// Above all, a painter continues from a checkpoint of any step, with the recorded changes, to the same pictures.
painterContract({
  name: "a steered style transfer with Adam over two scales",
  createFactory,
  work: async () => workWith({ size: 132, scales: 2, steps: 6 }, await everyChange()),
  lastStep: 10,
});
painterContract({
  name: "a steered style transfer with L-BFGS",
  createFactory,
  work: async () => workWith({ optimizer: "LBFGS", learningRate: 1 }, (await everyChange()).slice(0, 3)),
  lastStep: 8,
});

painterContract({
  name: "a style transfer that grows",
  createFactory,
  work: async () => workWith({ steps: 3 }, [{ step: 3, settings: { size: 64, steps: 7 }, styles: null }]),
  lastStep: 7,
});

/** Paints a work and steers it: the change that `steer` holds for a step is made just before that step is painted. */
async function paintSteered(
  work: StyleTransferWork,
  steer: Record<number, Omit<ChangeAtStep<EncodedPicture>, "step">>,
): Promise<PaintedStep[]> {
  const factory = await createFactory();
  const painter = await factory.open(work, null);
  const paintings: PaintedStep[] = [];
  do {
    const change = steer[painter.nextStep];
    if (change) expect(painter.steer?.({ ...change, step: 0 })).toBe(painter.nextStep);
    paintings.push(await nextPainting(painter));
  } while (!paintings.at(-1)!.last);
  await painter.close();
  await factory.close();
  return paintings;
}

const planes = (paintings: PaintedStep[]) => paintings.map((painting) => painting.planes.data);

describe("steering", () => {
  test("changes the losses of its step and the next picture, and nothing before them", async () => {
    const plain = await paintAll(await createFactory(), await workWith({}));
    const steered = await paintSteered(await workWith({}), { 3: { settings: { beta: 0, alpha: 7 }, styles: null } });
    expect(planes(steered).slice(0, 4)).toEqual(planes(plain).slice(0, 4));
    expect(planes(steered)[4]).not.toEqual(planes(plain)[4]);
    const { total, content, tv } = steered[3]!.losses!;
    expect(total).toBeCloseTo(7 * content + 0.02 * tv, 6);
  });

  test("recorded changes replay to the same pictures as changes made while painting", async () => {
    const changes = await everyChange();
    const made = Object.fromEntries(changes.map(({ step, ...change }) => [step, change]));
    const steered = await paintSteered(await workWith({ size: 132, scales: 2 }), made);
    const replayed = await paintAll(await createFactory(), await workWith({ size: 132, scales: 2 }, changes));
    expect(planes(replayed)).toEqual(planes(steered));
    expect(replayed.at(-1)!.step).toBe(10);
  });

  test("another style applies from its step on", async () => {
    const other = [{ ...(await pngPicture(30, 20, 3)), weight: 1 }];
    const swapped = await paintSteered(await workWith({ alpha: 0, steps: 40 }), { 5: { settings: {}, styles: other } });
    const work = await workWith({ alpha: 0, steps: 40 });
    const [first] = await paintAll(await createFactory(), { ...work, styles: other, settings: { ...work.settings, steps: 1 } });
    // The first picture, the content, is measured against the other style.
    expect(swapped.at(-1)!.losses!.style).toBeLessThan(0.5 * first!.losses!.style);
  });

  test("fewer steps than were painted end the painting with the next picture; more steps make it longer", async () => {
    expect((await paintSteered(await workWith({}), { 5: { settings: { steps: 2 }, styles: null } })).at(-1)!.step).toBe(5);
    expect((await paintSteered(await workWith({}), { 8: { settings: { steps: 12 }, styles: null } })).at(-1)!.step).toBe(12);
  });

  test("a larger size enlarges the next pictures, scale by scale", async () => {
    const grown = await paintSteered(await workWith({ steps: 3 }), { 3: { settings: { size: 80, steps: 7 }, styles: null } });
    expect(grown.map(({ planes: { width, height } }) => `${width} x ${height}`)).toEqual([
      ...Array(4).fill("20 x 15"),
      ...["40 x 30", "80 x 60", "80 x 60", "80 x 60"],
    ]);
  });

  test("a change made while a picture is computed applies at the next picture", async () => {
    const factory = await createFactory();
    const painter: Painter = await factory.open(await workWith({}), null);
    await painter.paint();
    const painting = painter.paint();
    expect(painter.steer?.({ step: 0, settings: { alpha: 3 }, styles: null })).toBe(2);
    expect((await painting)!.losses!.total).not.toBeNaN();
    await painter.close();
    await factory.close();
  });
});
