import { AtelierError } from "../../errors.js";
import { PREFERRED_FEATURES, type Registry } from "../registry.js";

/**
 * Fetches the preferred feature network where it can be had and is not here; paintings take the next best meanwhile. What
 * comes of it is told in one line, as most machines without it are simply not on a network.
 */
export async function fetchPreferredFeatures(registry: Registry, log: (line: string) => void): Promise<void> {
  const model = await registry.find(PREFERRED_FEATURES);
  if (model?.state !== "AVAILABLE") return;
  try {
    await registry.file(model.id);
    log(`The model ${model.id} was fetched: paintings use it from now on.`);
  } catch (error) {
    if (!(error instanceof AtelierError)) throw error;
    const reason = (await registry.find(model.id))?.failure ?? error.message;
    log(`The model ${model.id} is not fetched, so paintings use another one. ${reason}`);
  }
}
