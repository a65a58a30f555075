import { AtelierError } from "../errors.js";
import type { Registry } from "../models/registry.js";
import type { WorkModels } from "./work.js";

/** The networks of a registry, as a host finds them. */
export function registryNetworks(registry: Pick<Registry, "needsDownload" | "file" | "featureModel">): WorkModels {
  return {
    resolveNetwork: (id, signal) => registry.featureModel(id, signal),
    async resolveGenerator(id, signal) {
      const { card, path } = await registry.file(id, signal);
      const { architecture, sha256, translation: form } = card;
      if (form === null) throw new AtelierError("BAD_INPUT", `The model ${id} translates no pictures.`, { field: "model" });
      return { id, path, sha256, architecture, form };
    },
    isFetched: (id) => !registry.needsDownload(id),
  };
}
