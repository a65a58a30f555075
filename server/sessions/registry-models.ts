import { featureLayers } from "../models/features.js";
import type { Model } from "../models/model.js";
import type { Registry } from "../models/registry.js";
import type { SessionModel, SessionModels } from "./models.js";

/** The models of a registry, as sessions need to know them. */
export function registryModels(registry: Registry): SessionModels {
  const find = async (id: string) => {
    const model = await registry.find(id);
    return model && sessionModel(model, registry.refusal(id));
  };
  return {
    find,
    async defaultFeatures() {
      const id = await registry.defaultFeatures();
      return id === null ? null : find(id);
    },
  };
}

function sessionModel({ id, task, state, family, size, minSize, architecture }: Model, refusal: string | null): SessionModel {
  return {
    id,
    task,
    state,
    refusal,
    family,
    size,
    minSize,
    layers: featureLayers(architecture).map(({ name, minimumSize }) => ({ name, minimumSide: minimumSize })),
  };
}
