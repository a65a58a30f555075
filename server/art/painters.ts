import type { Engine } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import type { OpenGenerator } from "./generator.js";
import type { PainterFactory } from "./painter.js";
import { createStyleTransferFactory } from "./style-transfer.js";
import { createTranslationFactory } from "./translation.js";

const openGenerator: OpenGenerator = async () => {
  throw new AtelierError("UNAVAILABLE", "This server runs generators from ONNX files alone.");
};

/** Painters of every kind of work on `engine`. */
export function createPainterFactory(engine: Engine): PainterFactory {
  const styleTransfers = createStyleTransferFactory(engine);
  const translations = createTranslationFactory(engine, openGenerator);
  return {
    open: (work, checkpoint) =>
      work.kind === "STYLE_TRANSFER" ? styleTransfers.open(work, checkpoint) : translations.open(work, checkpoint),
    async close() {
      await styleTransfers.close();
      await translations.close();
    },
  };
}
