import { openGenerator } from "../../models/generators.js";
import type { Engine } from "../engine/engine.js";
import type { PainterFactory } from "./painter.js";
import { createStyleTransferFactory } from "./style-transfer.js";
import { createTranslationFactory } from "./translation.js";

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
