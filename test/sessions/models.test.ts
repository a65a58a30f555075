import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openRegistry } from "../../server/models/registry.js";
import { registryModels } from "../../server/sessions/models.js";
import { resolveSettings } from "../../server/sessions/start-input.js";

const bundledDir = join(import.meta.dirname, "..", "..", "models", "bundled");

test("without a mirror, sessions use the bundled vgg19-lite and only its layers", async () => {
  const registry = await openRegistry({ bundledDir, mirrorDir: null });
  onTestFinished(() => registry.close());
  const model = await registryModels(registry).defaultFeatures();
  expect(model).toMatchObject({ id: "vgg19-lite", state: "READY", unusableReason: null });
  expect(model!.layers.map(({ name }) => name)).toEqual(["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2", "conv5_1"]);

  expect(resolveSettings("input", {}, model!, 2048).contentLayers).toEqual([{ layer: "conv4_2", weight: 1 }]);
  const others = { styleLayers: [{ layer: "conv3_2", weight: 1 }] };
  expect(() => resolveSettings("input", others, model!, 2048)).toThrow(
    expect.objectContaining({ code: "BAD_INPUT", detail: expect.objectContaining({ field: "input.styleLayers.0.layer" }) }),
  );
});
