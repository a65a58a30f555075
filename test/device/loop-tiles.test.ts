import { expect, test } from "vitest";
import type { GeneratorProgram } from "../../server/art/generator.js";
import { openLiveTranslator } from "../../server/art/live-translation.js";
import type { Painters } from "../../server/art/painter.js";
import { ProgramCache } from "../../server/art/program-cache.js";
import { createTranslationFactory } from "../../server/art/translation.js";
import { PaintingLoop } from "../../server/device/loop.js";
import type { DeviceMessage } from "../../server/device/messages.js";
import { ReferenceEngine } from "../../server/engine/reference.js";
import { constant } from "../../server/graph/node.js";
import { mul } from "../../server/graph/operators/index.js";
import { scalar } from "../../server/graph/tensor.js";
import { pngPicture } from "../helpers/pictures.js";
import { generatorOf, translationWork } from "../helpers/tiny-generator.js";

/** Translations on the reference engine, in tiles of 64 x 64 px. */
function tilingPainters(): Painters {
  const engine = new ReferenceEngine();
  const openGenerator = generatorOf((picture) => mul(picture, constant(scalar(-1))));
  const programs = new ProgramCache<GeneratorProgram>();
  const translations = createTranslationFactory(engine, openGenerator, programs, 64 * 64);
  return {
    async open(work, checkpoint) {
      if (work.kind !== "TRANSLATION") throw new Error("This test has no style transfers.");
      return translations.open(work, checkpoint);
    },
    openLive: (work) => openLiveTranslator(engine, openGenerator, programs, work),
    close: () => translations.close(),
  };
}

test("a live picture gets its turn between the tiles of a large picture, which is still completed", async () => {
  const work = await translationWork({ width: 260, height: 190 });
  const small = (await pngPicture(16, 16)).bytes;
  const sent: DeviceMessage[] = [];
  let step = 0;
  const loop = new PaintingLoop(tilingPainters(), async (message) => {
    sent.push(message);
    if (message.type === "free") loop.receive({ type: "translate", sessionId: message.sessionId, step: step++, picture: small });
    if (message.type === "frame") loop.receive({ type: "acknowledge", sessionId: message.sessionId, step: message.step });
  });
  loop.receive({
    type: "start",
    sessionId: "live",
    work: { kind: "LIVE_TRANSLATION", generator: work.generator, size: 16 },
    checkpoint: null,
    storedThrough: -1,
  });
  loop.receive({ type: "start", sessionId: "large", work, checkpoint: null, storedThrough: -1 });
  const running = loop.run();
  await expect.poll(() => sent.some(({ type }) => type === "finished"), { timeout: 20_000 }).toBe(true);
  loop.stop();
  await running;

  const turns = sent.flatMap((message) => (message.type === "turn" ? [message.sessionId] : []));
  const tiles = turns.flatMap((id, index) => (id === "large" ? [index] : []));
  expect(tiles.length).toBeGreaterThan(10);
  expect(tiles.slice(1).some((at, index) => at - tiles[index]! > 1)).toBe(true);
  const results = sent.filter((message) => message.type === "frame" && message.sessionId === "large");
  expect(results).toMatchObject([{ step: 0, width: 260, height: 190, mimeType: "image/png" }]);
  expect(sent.filter((message) => message.type === "frame" && message.sessionId === "live").length).toBeGreaterThan(1);
});
