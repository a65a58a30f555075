import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../server/art/checkpoint.js";
import { colourStatistics } from "../../server/art/colours.js";
import { nextPainting, type Planes } from "../../server/art/painter.js";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import type { FeatureNetworkFile, StyleTransferWork } from "../../server/art/work.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
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
  styleLayers: [
    { layer: "conv1_1", weight: 1 },
    { layer: "conv2_1", weight: 0.5 },
  ],
  learningRate: 0.02,
  steps: 6,
  size: 20,
  scales: 1,
  seed: 3,
  model: "tiny",
};

async function workWith(settings: Partial<StyleTransferSettings> = {}): Promise<StyleTransferWork> {
  return {
    kind: "STYLE_TRANSFER",
    settings: { ...base, ...settings },
    content: await pngPicture(40, 30, 1),
    changes: [],
    styles: [
      { ...(await pngPicture(24, 24, 2)), weight: 1 },
      { ...(await pngPicture(30, 20, 3)), weight: 2 },
    ],
    network: { id: "tiny", path: "tiny", sha256: "0".repeat(64), architecture: { family: "vgg19" } },
  };
}

/** The work of a draft: its coarse scales have a network with other weights. */
async function drafted(settings: Partial<StyleTransferSettings>): Promise<StyleTransferWork> {
  const work = await workWith({ draft: true, ...settings });
  return { ...work, draftNetwork: { ...work.network, id: "draft", sha256: "1".repeat(64) } };
}

const networkOf = async ({ id }: Pick<FeatureNetworkFile, "id">) => tinyNetwork(id === "draft" ? 2 : 1);

const createFactory = async () => createStyleTransferFactory(new ReferenceEngine(), async () => tinyNetwork());

painterContract({ name: "style transfer with Adam", createFactory, work: () => workWith(), lastStep: 6 });
painterContract({
  name: "style transfer with L-BFGS from noise over two scales",
  createFactory,
  work: () => workWith({ optimizer: "LBFGS", learningRate: 1, initialImage: "NOISE", scales: 2, size: 132, steps: 3 }),
  lastStep: 3,
});

painterContract({
  name: "a draft with L-BFGS over two scales",
  createFactory: async () => createStyleTransferFactory(new ReferenceEngine(), networkOf),
  work: async () => drafted({ optimizer: "LBFGS", learningRate: 1, scales: 2, size: 132, steps: 4 }),
  lastStep: 4,
});

describe("style transfer", () => {
  const paint = async (settings: Partial<StyleTransferSettings> = {}) => paintAll(await createFactory(), await workWith(settings));

  test.each(["ADAM", "LBFGS"] as const)("J falls with %s", async (optimizer) => {
    const paintings = await paint({ optimizer, learningRate: optimizer === "ADAM" ? 0.02 : 1, steps: 15 });
    expect(paintings.at(-1)!.losses!.total).toBeLessThan(0.5 * paintings[0]!.losses!.total);
  });

  test("J is alpha * content + beta * style + gamma * tv, and the terms are the weighted means of their layers", async () => {
    const [first] = await paint({ alpha: 3, beta: 7, gamma: 2, initialImage: "STYLE", steps: 1 });
    const { total, content, style, tv, layers } = first!.losses!;
    expect(total).toBeCloseTo(3 * content + 7 * style + 2 * tv, 3);
    expect(style).toBeCloseTo((layers[1]!.value + 0.5 * layers[2]!.value) / 1.5, 4);
    expect(content).toBeCloseTo(layers[0]!.value, 5);
    expect(layers.map(({ layer, term }) => `${term} ${layer}`)).toEqual(["CONTENT conv2_1", "STYLE conv1_1", "STYLE conv2_1"]);
  });

  test("starts with the content, in its shape and with a content loss of 0", async () => {
    const [first] = await paint();
    expect(first!.losses!.content).toBe(0);
    expect(first!.planes).toMatchObject({ width: 20, height: 15 });
  });

  test("coarse scales have smaller pictures, and the last one has the requested size", async () => {
    const paintings = await paint({ size: 140, scales: 2, steps: 3 });
    expect(paintings.map(({ planes }) => planes.width)).toEqual([70, 140, 140, 140]);
    expect(paintings.at(-1)!.planes.height).toBe(105);
  });

  test.each(["ADAM", "LBFGS"] as const)("continues from a checkpoint that holds only the picture (%s)", async (optimizer) => {
    const work = await workWith({ optimizer, learningRate: optimizer === "ADAM" ? 0.02 : 1, steps: 9 });
    const factory = await createFactory();
    const first = await factory.open(work, null);
    const paintings = [await first.paint(), await first.paint(), await first.paint()];
    const checkpoint = encodeCheckpoint({ ...decodeCheckpoint(first.checkpoint()), optimizer: null });
    await first.close();
    const second = await factory.open(work, checkpoint);
    const again = await nextPainting(second);
    expect(again).toMatchObject({ step: 2, planes: paintings[2]!.planes, losses: paintings[2]!.losses });
    let last = again;
    while (!last.last) last = await nextPainting(second);
    expect(last.step).toBe(9);
    expect(last.losses!.total).toBeLessThan(again.losses!.total);
    await second.close();
    await factory.close();
  });

  test("a draft's own network paints all scales but the last, also after steering", async () => {
    const changes = [
      { step: 1, settings: { beta: 300, styleLayers: [{ layer: "conv2_1", weight: 1 }] }, styles: null },
      { step: 2, settings: { steps: 8 }, styles: null },
      { step: 5, settings: { alpha: 2 }, styles: null },
    ];
    const work = { ...(await drafted({ scales: 2, size: 132, steps: 6 })), changes };
    const factory = createStyleTransferFactory(new ReferenceEngine(), networkOf);
    /** Pictures from `checkpoint` on, and a checkpoint of the first one with the full size. */
    const paintBy = async (given: StyleTransferWork, checkpoint: Uint8Array | null = null) => {
      const painter = await factory.open(given, checkpoint);
      const pictures: { planes: Planes; losses: unknown }[] = [];
      let full: Uint8Array | null = null;
      for (let last = false; !last; ) {
        const painting = await nextPainting(painter);
        last = painting.last;
        pictures.push({ planes: painting.planes, losses: painting.losses });
        if (painting.planes.width === 132) full ??= painter.checkpoint();
      }
      await painter.close();
      return { pictures, full: full! };
    };
    const { pictures, full } = await paintBy(work);
    const coarse = (await paintBy({ ...work, network: work.draftNetwork! })).pictures;
    const fine = (await paintBy({ ...work, draftNetwork: undefined }, full)).pictures;
    const first = pictures.length - fine.length;
    expect(pictures.map(({ planes }) => planes.width)).toEqual([66, 66, 66, 66, 132, 132, 132, 132, 132]);
    expect(pictures.slice(0, first)).toEqual(coarse.slice(0, first));
    // The first picture of the last scale is still painted by the draft's network, but judged by the other one.
    expect(pictures[first]!.planes).toEqual(coarse[first]!.planes);
    expect(pictures.slice(first)).toEqual(fine);
    expect(pictures[first]!.losses).not.toEqual(coarse[first]!.losses);
    await factory.close();
  });

  test("a draft that is not painted at a coarse scale is painted by the main network", async () => {
    const work = await drafted({ scales: 2, size: 20, steps: 2 });
    const paintBy = async (given: StyleTransferWork) =>
      (await paintAll(createStyleTransferFactory(new ReferenceEngine(), networkOf), given)).map(({ planes }) => planes);
    expect(await paintBy(work)).toEqual(await paintBy({ ...work, draftNetwork: undefined }));
  });

  test("a start from noise depends on the seed", async () => {
    const start = async (seed: number) => (await paint({ initialImage: "NOISE", seed, steps: 1 }))[0]!.planes.data;
    expect(await start(1)).toEqual(await start(1));
    expect(await start(1)).not.toEqual(await start(2));
  });

  test("keeping the content's colours changes only the style target", async () => {
    const [plain, kept] = [(await paint({ steps: 1 }))[0]!, (await paint({ steps: 1, preserveColors: true }))[0]!];
    expect(kept.planes).toEqual(plain.planes);
    expect(kept.losses!.content).toBe(0);
    expect(kept.losses!.style).not.toBeCloseTo(plain.losses!.style, 3);
  });

  test("a start from the style has the content's colours when those are kept", async () => {
    const [own, kept] = [false, true].map(
      async (preserveColors) => (await paint({ initialImage: "STYLE", preserveColors, steps: 1 }))[0]!.planes,
    );
    const content = (await paint({ steps: 1 }))[0]!.planes;
    const distance = async (planes: Promise<Planes>) => {
      const [a, b] = [colourStatistics(await planes).mean, colourStatistics(content).mean];
      return Math.hypot(...a.map((mean, channel) => mean - b[channel]!));
    };
    expect(await distance(kept!)).toBeLessThan(0.2 * (await distance(own!)));
  });

  test("a picture too narrow for its layers is refused with the limit", async () => {
    const work = { ...(await workWith()), content: await pngPicture(200, 4, 1) };
    await expect(createFactory().then((factory) => paintAll(factory, work))).rejects.toMatchObject({
      code: "BAD_INPUT",
      detail: { field: "size" },
    });
  });

  test("a network whose file was replaced is read again", async () => {
    let opened = 0;
    const factory = createStyleTransferFactory(new ReferenceEngine(), async () => tinyNetwork(opened++));
    const work = await workWith();
    const styleLoss = async (sha256: string) => {
      const painter = await factory.open({ ...work, network: { ...work.network, sha256 } }, null);
      const { losses } = await nextPainting(painter);
      await painter.close();
      return losses!.style;
    };
    const [before, after] = [await styleLoss("a".repeat(64)), await styleLoss("b".repeat(64))];
    expect(after).not.toBeCloseTo(before, 6);
    expect([await styleLoss("b".repeat(64)), opened]).toEqual([after, 2]);
    await factory.close();
  });

  test("a layer that the network lacks is refused", async () => {
    const work = await workWith({ styleLayers: [{ layer: "conv9_9", weight: 1 }] });
    await expect((await createFactory()).open(work, null)).rejects.toMatchObject({ code: "BAD_INPUT" });
  });

  test("a picture that cannot be decoded is refused", async () => {
    const work = { ...(await workWith()), content: { digest: "0", bytes: Buffer.from("nothing") } };
    await expect((await createFactory()).open(work, null)).rejects.toMatchObject({ code: "BAD_INPUT" });
  });
});
