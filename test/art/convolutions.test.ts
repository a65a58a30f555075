import { expect, onTestFinished, test } from "vitest";
import { decodeCheckpoint } from "../../server/art/checkpoint.js";
import { nextPainting, type Planes } from "../../server/art/painter.js";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import type { StyleTransferWork } from "../../server/art/work.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { defaultSettings } from "../../server/records/settings.js";
import { pngPicture } from "../helpers/pictures.js";
import { tinyNetwork } from "../helpers/tiny-network.js";

const layers = { contentLayers: [{ layer: "conv2_1", weight: 1 }], styleLayers: [{ layer: "conv1_1", weight: 1 }] };
/** Transformed weights of conv1_1 and conv2_1, of the features and of the gradient. */
const byteLength = 4 * 36 * 2 * (3 * 4 + 4 * 6);

async function work(more: Partial<StyleTransferWork> = {}): Promise<StyleTransferWork> {
  return {
    kind: "STYLE_TRANSFER",
    settings: { ...defaultSettings({ size: 20 }), ...layers, steps: 6, model: "tiny" },
    content: await pngPicture(40, 30, 1),
    styles: [{ ...(await pngPicture(24, 24, 2)), weight: 1 }],
    changes: [],
    network: { id: "tiny", path: "tiny", sha256: "0".repeat(64), architecture: { family: "vgg19" } },
    ...more,
  };
}

function factory(memoryBytes?: number) {
  const opened = createStyleTransferFactory(new OnnxEngine(onCpu(1, () => true)), async () => tinyNetwork(), memoryBytes);
  onTestFinished(() => opened.close());
  return opened;
}

/** The method of a painting, its pictures from `checkpoint` to the last, and a checkpoint of picture `at`. */
async function painted(painters: ReturnType<typeof factory>, given: StyleTransferWork, checkpoint: Uint8Array | null = null, at = 2) {
  const painter = await painters.open(given, checkpoint);
  const pictures: Planes[] = [];
  let kept: Uint8Array | null = null;
  for (let last = false; !last; ) {
    const painting = await nextPainting(painter);
    last = painting.last;
    pictures.push(painting.planes);
    if (painting.step === at) kept = painter.checkpoint();
  }
  await painter.close();
  return { method: painter.convolutions, isShortOfMemory: painter.isShortOfMemory, pictures, checkpoint: kept! };
}

test("a painting keeps the method that it began with, whatever its work asks for when it continues", async () => {
  for (const began of ["DIRECT", "WINOGRAD_4"] as const) {
    const whole = await painted(factory(), await work({ convolutions: began }));
    expect(whole.method).toBe(began);
    expect(decodeCheckpoint(whole.checkpoint).convolutions).toBe(began);
    for (const asked of ["DIRECT", "WINOGRAD_4"] as const) {
      const continued = await painted(factory(), await work({ convolutions: asked, begun: true }), whole.checkpoint);
      expect(continued.method).toBe(began);
      expect(continued.pictures).toEqual(whole.pictures.slice(2));
    }
  }
});

test("the methods differ by rounding alone, and a work that names none is direct", async () => {
  const [direct, winograd] = [await painted(factory(), await work()), await painted(factory(), await work({ convolutions: "WINOGRAD_4" }))];
  expect(direct.method).toBe("DIRECT");
  const apart = direct.pictures.at(-1)!.data.map((value, i) => Math.abs(value - winograd.pictures.at(-1)!.data[i]!));
  expect(Math.max(...apart)).toBeGreaterThan(0);
  expect(apart.reduce((sum, value) => sum + value, 0) / apart.length).toBeLessThan(1e-3);
});

test("a painting begins directly where the weights would take too much memory, but continues as it began", async () => {
  const [scarce, enough] = [8 * byteLength - 1, 8 * byteLength];
  const asked = await work({ convolutions: "WINOGRAD_4" });
  expect((await painted(factory(enough), asked)).method).toBe("WINOGRAD_4");
  const whole = await painted(factory(scarce), asked);
  expect(whole).toMatchObject({ method: "DIRECT", isShortOfMemory: true });
  expect(whole.pictures).toEqual((await painted(factory(), await work())).pictures);
  // Pictures are stored, but no checkpoint: they are painted again by the same method.
  expect((await painted(factory(scarce), { ...asked, begun: true })).method).toBe("WINOGRAD_4");
});

test("both methods may be in use at a time", async () => {
  const painters = factory();
  const together = await Promise.all([painted(painters, await work()), painted(painters, await work({ convolutions: "WINOGRAD_4" }))]);
  const alone = [await painted(factory(), await work()), await painted(factory(), await work({ convolutions: "WINOGRAD_4" }))];
  expect(together.map(({ pictures }) => pictures)).toEqual(alone.map(({ pictures }) => pictures));
});

test("an engine without Winograd's method begins directly, which is no matter of memory", async () => {
  const painters = createStyleTransferFactory(new ReferenceEngine(), async () => tinyNetwork());
  onTestFinished(() => painters.close());
  expect(await painted(painters, await work({ convolutions: "WINOGRAD_4" }))).toMatchObject({ method: "DIRECT", isShortOfMemory: false });
});
