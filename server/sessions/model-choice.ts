import { AtelierError } from "../errors.js";
import type { SessionModel, SessionModels } from "./models.js";

const field = "input.model";

/**
 * The feature network of a session; for null the best that is ready.
 * @throws AtelierError BAD_INPUT, NOT_FOUND, UNAVAILABLE; the field is `input.model`.
 */
export async function featureModel(models: SessionModels, id: string | null): Promise<SessionModel> {
  if (id !== null) return namedModel(models, id, "FEATURES", "A style transfer needs a feature network.");
  const model = await models.defaultFeatures();
  if (!model) throw new AtelierError("UNAVAILABLE", "No feature network is ready on this server.", { field });
  return model;
}

/** The network of a translation. @throws AtelierError BAD_INPUT, NOT_FOUND, UNAVAILABLE; the field is `input.model`. */
export function translationModel(models: SessionModels, id: string): Promise<SessionModel> {
  return namedModel(models, id, "TRANSLATION", "A translation needs a network that turns one picture into another.");
}

async function namedModel(models: SessionModels, id: string, task: SessionModel["task"], need: string): Promise<SessionModel> {
  if (!/^[a-z0-9-]{1,100}$/.test(id)) {
    throw new AtelierError("BAD_INPUT", "A model's id has lower-case letters, digits and hyphens.", { field });
  }
  const model = await models.find(id);
  if (!model) throw new AtelierError("NOT_FOUND", "There is no such model.", { field });
  if (model.task !== task) throw new AtelierError("BAD_INPUT", need, { field, limit: task });
  if (model.refusal !== null) throw new AtelierError("UNAVAILABLE", model.refusal, { field });
  return model;
}
