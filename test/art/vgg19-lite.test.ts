import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createStyleTransferFactory } from "../../server/art/style-transfer.js";
import { OnnxEngine } from "../../server/engine/onnx.js";
import { parseCard } from "../../server/models/card.js";
import { defaultSettings, type StyleTransferSettings } from "../../server/records/settings.js";
import { paintAll } from "../contracts/painter.js";

const root = join(import.meta.dirname, "..", "..");
const bundled = join(root, "models", "bundled", "vgg19-lite");
const size = 96;
const steps = 20;
const engine = new OnnxEngine(2);
afterAll(() => engine.close());

async function paint(optimizer: StyleTransferSettings["optimizer"]) {
  const card = parseCard(await readFile(join(bundled, "card.json"), "utf8"));
  const sample = async (name: string) => ({ digest: name, bytes: await readFile(join(root, "web/public/samples", name)) });
  const paintings = await paintAll(createStyleTransferFactory(engine), {
    kind: "STYLE_TRANSFER",
    settings: { ...defaultSettings({ optimizer, size }), optimizer, steps, model: "vgg19-lite" },
    content: await sample("alps.jpg"),
    styles: [{ ...(await sample("night-wind.jpg")), weight: 1 }],
    changes: [],
    network: { id: "vgg19-lite", path: join(bundled, card!.file), sha256: card!.sha256, architecture: card!.architecture! },
  });
  return paintings.map(({ computeMs: _, ...painting }) => painting);
}

describe("style transfer with the vgg19-lite of this repository", () => {
  test.each(["ADAM", "LBFGS"] as const)("%s takes over most of the style, the same each time", async (optimizer) => {
    const [once, again] = [await paint(optimizer), await paint(optimizer)];
    expect(again).toEqual(once);
    expect(once[0]!.losses!.style).toBeGreaterThan(0.3);
    expect(once.at(-1)!.losses!.style).toBeLessThan(0.25 * once[0]!.losses!.style);
  });
});
