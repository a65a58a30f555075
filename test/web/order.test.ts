import { expect, test } from "vitest";
import { translationSize } from "../../server/records/settings";
import { sizeSetting, toTranslationInput } from "../../web/networks/order";

const translator = { id: "t", title: "Edges to cats (pix2pix)", size: 256, minSize: 64 };

test("the size ranges from the translator's smallest to the server's largest, with the translator's own as default", () => {
  expect(sizeSetting(translator, 1024)).toMatchObject({ min: 64, max: 1024, default: 256 });
  expect(sizeSetting({ ...translator, minSize: null }, null)).toMatchObject({ min: translationSize.min, max: translationSize.max });
});

test("a size is sent only if it was set and this translator accepts it", () => {
  expect(toTranslationInput(translator, "i", "A cat", null)).toEqual({ model: "t", imageId: "i", title: "A cat, Edges to cats" });
  expect(toTranslationInput(translator, "i", "A cat", 512)).toMatchObject({ size: 512 });
  expect(toTranslationInput(translator, "i", "A cat", 32)).not.toHaveProperty("size");
});
