import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openFeatureNetwork } from "../../server/art/feature-network.js";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import type { FeatureNetworkFile, StyleTransferWork } from "../../server/art/work.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { onCpu } from "../../server/engine/onnx-providers.js";
import { parseCard } from "../../server/models/card.js";
import { defaultSettings, type StyleTransferSettings } from "../../server/records/settings.js";
import { paintAll } from "../contracts/painter.js";
import { pngPicture } from "../helpers/pictures.js";
import { modelMirror } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { anyArchitecture } from "../helpers/tiny-generator.js";

type Optimizer = StyleTransferSettings["optimizer"];

const root = join(import.meta.dirname, "..", "..");
const mirror = modelMirror();
if (!mirror) noteSkipped("There is no mirror with vgg19; set ATELIER_MODEL_MIRROR to one.");

const engine = new OnnxEngine(onCpu(2));
afterAll(() => engine.close());

async function paint(optimizer: Optimizer, size: number, steps: number, work: Omit<StyleTransferWork, "kind" | "settings" | "changes">) {
  const settings = { ...defaultSettings({ optimizer, size }), optimizer, steps, model: work.network.id };
  const paintings = await paintAll(createStyleTransferFactory(engine), { kind: "STYLE_TRANSFER", settings, changes: [], ...work });
  return paintings.map(({ computeMs: _, ...painting }) => painting);
}

describe("style transfer with the bundled vgg19-lite", () => {
  test.each(["ADAM", "LBFGS"] as const)("%s adopts most of the style, and each run gives the same result", async (optimizer) => {
    const bundled = join(root, "models", "bundled", "vgg19-lite");
    const card = parseCard(await readFile(join(bundled, "card.json"), "utf8"))!;
    const sample = async (name: string) => ({ digest: name, bytes: await readFile(join(root, "web/public/samples", name)) });
    const work = {
      content: await sample("alps.jpg"),
      styles: [{ ...(await sample("night-wind.jpg")), weight: 1 }],
      network: { id: "vgg19-lite", path: join(bundled, card.file), sha256: card.sha256, architecture: card.architecture! },
    };
    const [once, again] = [await paint(optimizer, 96, 20, work), await paint(optimizer, 96, 20, work)];
    expect(again).toEqual(once);
    expect(once[0]!.losses!.style).toBeGreaterThan(0.3);
    expect(once.at(-1)!.losses!.style).toBeLessThan(0.25 * once[0]!.losses!.style);
  });
});

describe.skipIf(!mirror)("style transfer with VGG-19 on ONNX Runtime", () => {
  test.each(["ADAM", "LBFGS"] as const)("the same settings give the same bytes with %s, and J falls", async (optimizer) => {
    const network: FeatureNetworkFile = {
      id: "vgg19",
      path: join(mirror!, "vgg19", "vgg19.safetensors"),
      sha256: "0".repeat(64),
      architecture: { family: "vgg19" },
    };
    const work = { content: await pngPicture(160, 120, 1), styles: [{ ...(await pngPicture(140, 140, 2)), weight: 1 }], network };
    // At 128 px ONNX Runtime divides the work among its threads.
    const [once, again] = [await paint(optimizer, 128, 5, work), await paint(optimizer, 128, 5, work)];
    expect(again).toEqual(once);
    expect(once.at(-1)!.losses!.total).toBeLessThan(once[0]!.losses!.total);
  });
});

test("a generator's architecture is refused as a feature model", async () => {
  const opening = openFeatureNetwork({ id: "generator", path: "", architecture: anyArchitecture });
  await expect(opening).rejects.toMatchObject({ code: "BAD_INPUT", detail: { field: "model", limit: "FEATURES" } });
});
