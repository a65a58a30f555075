import type { FeatureNetworkFile, GeneratorFile } from "../art/work.js";
import { badInput } from "../errors.js";
import type { Registry } from "../models/registry.js";

/** Where a host finds the models of its sessions on this machine's disk. */
export interface WorkModels {
  /**
   * The file of a feature model; waits for its download.
   * @throws AtelierError UNAVAILABLE when the model cannot be downloaded; the signal's reason when that aborts first.
   */
  locateFeatureModel(modelId: string, signal?: AbortSignal): Promise<FeatureNetworkFile>;
  /** The file of a translator; as above. */
  locateTranslator(modelId: string, signal?: AbortSignal): Promise<GeneratorFile>;
  /** False for a model that must be downloaded first: its sessions wait without a place on the device. */
  isDownloaded(modelId: string): boolean;
}

/** The models of a registry, as a host finds them. */
export function registryWorkModels(registry: Pick<Registry, "needsDownload" | "file" | "featureModel">): WorkModels {
  return {
    locateFeatureModel: (id, signal) => registry.featureModel(id, signal),
    async locateTranslator(id, signal) {
      const { card, path } = await registry.file(id, signal);
      const { architecture, sha256, translation: form } = card;
      if (form === null) throw badInput("model", `The model ${id} does not translate pictures.`);
      return { id, path, sha256, architecture, form };
    },
    isDownloaded: (id) => !registry.needsDownload(id),
  };
}
