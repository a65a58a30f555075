import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { defaultSettings, type StyleTransferSettings } from "../../server/records/settings.js";
import { paintAll } from "../contracts/painter.js";
import { pngPicture } from "../helpers/pictures.js";
import { modelMirror } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";

const mirror = modelMirror();
if (!mirror) noteSkipped("There is no mirror with vgg19; set ATELIER_MODEL_MIRROR to one.");

/** Large enough that ONNX Runtime splits the work over its threads. */
const size = 128;

describe.skipIf(!mirror)("style transfer with VGG-19 on ONNX Runtime", () => {
  const paint = async (optimizer: StyleTransferSettings["optimizer"]) => {
    const settings = { ...defaultSettings({ optimizer, size }), optimizer, steps: 5, model: "vgg19" };
    const paintings = await paintAll(createStyleTransferFactory(new OnnxEngine(2)), {
      kind: "STYLE_TRANSFER",
      settings,
      content: await pngPicture(160, 120, 1),
      styles: [{ ...(await pngPicture(140, 140, 2)), weight: 1 }],
      changes: [],
      network: {
        id: "vgg19",
        path: join(mirror!, "vgg19", "vgg19.safetensors"),
        sha256: "0".repeat(64),
        architecture: { family: "vgg19" },
      },
    });
    return paintings.map(({ computeMs: _, ...painting }) => painting);
  };

  test.each(["ADAM", "LBFGS"] as const)("the same settings give the same bytes with %s, and J falls", async (optimizer) => {
    const [once, again] = [await paint(optimizer), await paint(optimizer)];
    expect(again).toEqual(once);
    expect(once.at(-1)!.losses!.total).toBeLessThan(once[0]!.losses!.total);
  });
});
