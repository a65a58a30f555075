import type { Engine } from "../engine/engine.js";
import { openGenerator } from "../models/generators.js";
import { openFeatureNetwork } from "./feature-network.js";
import type { GeneratorProgram } from "./generator.js";
import { openLiveTranslator } from "./live-translation.js";
import type { Painters } from "./painter.js";
import { ProgramCache } from "./program-cache.js";
import { createStyleTransferFactory } from "./style-transfer.js";
import { largestArea } from "./tiles.js";
import { createTranslationFactory } from "./translation.js";

/**
 * Painters of every kind of work on `engine`. Translations share their programs.
 * @param memoryBytes of the machine, which decides from which size on pictures are translated in tiles, and whether there
 * is space for the weights of Winograd's method.
 */
export function createPainters(engine: Engine, memoryBytes = Number.POSITIVE_INFINITY): Painters {
  const programs = new ProgramCache<GeneratorProgram>();
  const styleTransfers = createStyleTransferFactory(engine, openFeatureNetwork, memoryBytes);
  const translations = createTranslationFactory(engine, openGenerator, programs, largestArea(memoryBytes));
  return {
    open: (work, checkpoint) =>
      work.kind === "STYLE_TRANSFER" ? styleTransfers.open(work, checkpoint) : translations.open(work, checkpoint),
    openLive: (work) => openLiveTranslator(engine, openGenerator, programs, work),
    async close() {
      await styleTransfers.close();
      await translations.close();
    },
  };
}
