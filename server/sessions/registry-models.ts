import type { Model, Registry } from "../../models/registry.js";
import { vgg19Layers } from "../../models/vgg19.js";
import { AtelierError } from "../errors.js";
import type { SessionModel, SessionModels } from "./models.js";

/** All feature networks are of VGG-19's form and have its layers. */
const layers = vgg19Layers.map(({ name, minimumSize }) => ({ name, minimumSide: minimumSize }));

/** The models of a registry, as sessions need to know them. */
export function registryModels(registry: Registry): SessionModels {
  const find = async (id: string) => {
    const model = await registry.find(id);
    return model && sessionModel(model);
  };
  return {
    find,
    async defaultFeatures() {
      try {
        return await find((await registry.featureNetwork(null)).id);
      } catch (error) {
        if (error instanceof AtelierError && error.code === "UNAVAILABLE") return null;
        throw error;
      }
    },
  };
}

function sessionModel({ id, task, state }: Model): SessionModel {
  return { id, task, state, layers: task === "FEATURES" ? layers : [] };
}
