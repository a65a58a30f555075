import type { Model } from "../models/model.js";
import { byPreference, type Registry } from "../models/registry.js";
import type { WorkerDirectory } from "./directory.js";

/** What an API server shows of models, and checks the settings of new sessions against. */
export type FleetModels = Omit<Registry, "readyIds" | "needsDownload" | "file" | "featureModel" | "problems" | "dropIns" | "close">;

/**
 * The models of all workers: one that a worker has is READY, whether or not the file is on this machine. So all API servers show
 * the same, and paintings use the best network that a worker has.
 */
export function fleetModels(own: Registry, directory: Pick<WorkerDirectory, "models" | "watch">): FleetModels {
  const { storedIds, download, cancelDownload, picture } = own;
  const isAtWorker = (id: string) => directory.models().has(id);
  const seen = (model: Model): Model =>
    model.state === "READY" || !isAtWorker(model.id)
      ? model
      : { ...model, state: "READY", downloadProgress: null, failure: null, willRetry: false };
  const list = async () => (await own.list()).map(seen);
  const find = async (id: string) => {
    const model = await own.find(id);
    return model && seen(model);
  };
  const isReadyAtWorker = (asked: string) => storedIds(asked).some(isAtWorker);

  return {
    ...{ storedIds, download, cancelDownload, picture, list, find },
    unusableReason: (id) => (isReadyAtWorker(id) ? null : own.unusableReason(id)),
    isDownloadable: (id) => !isReadyAtWorker(id) && own.isDownloadable(id),
    async defaultFeatures() {
      const [best] = (await list()).filter(({ id, task }) => task === "FEATURES" && isAtWorker(id)).sort(byPreference);
      return best?.id ?? own.defaultFeatures();
    },
    watch(listener) {
      let known = directory.models();
      const stopOwn = own.watch((model) => listener(seen(model)));
      const stopWorkers = directory.watch(() => {
        const [before, now] = [known, directory.models()];
        known = now;
        if (before.size === now.size && [...before].every((id) => now.has(id))) return;
        void own.list().then((models) => {
          for (const model of models) if (before.has(model.id) !== now.has(model.id)) listener(seen(model));
        });
      });
      return () => {
        stopOwn();
        stopWorkers();
      };
    },
  };
}
