import { expect, test } from "vitest";
import { paintingModel, type SessionModel, type SessionModels } from "../../server/sessions/models.js";
import { FakeModels } from "../helpers/fake-models.js";

const fields = { model: "input.model", draft: "input.draft" };

/** Two feature models; vgg19-lite lacks a layer, needs more for another, and may be unusable. */
async function modelsWith(unusableReason: string | null = null): Promise<SessionModels> {
  const vgg19 = (await new FakeModels().sessions.find("vgg19"))!;
  const layers = (...sides: number[]) => sides.map((minimumSide, index) => ({ name: `conv${index + 1}_1`, minimumSide }));
  const known: SessionModel[] = [
    { ...vgg19, layers: layers(1, 2, 4) },
    { ...vgg19, id: "vgg19-lite", unusableReason, layers: layers(2, 2) },
  ];
  const find = async (id: string) => known.find((model) => model.id === id) ?? null;
  return { find, defaultFeatures: () => find("vgg19") };
}

test("a draft has the layers of both models, with the larger of their sides", async () => {
  const { id, layers } = await paintingModel(await modelsWith(), fields, { draft: true });
  expect(id).toBe("vgg19");
  expect(layers).toEqual([
    { name: "conv1_1", minimumSide: 2 },
    { name: "conv2_1", minimumSide: 2 },
  ]);
  expect((await paintingModel(await modelsWith(), fields, { draft: false })).layers).toHaveLength(3);
});

test("a draft whose model cannot be used is refused by its field", async () => {
  const models = await modelsWith("Its file is damaged.");
  await expect(paintingModel(models, fields, { draft: true })).rejects.toMatchObject({
    code: "UNAVAILABLE",
    detail: { field: "input.draft" },
  });
  expect((await paintingModel(models, fields, {})).id).toBe("vgg19");
});
