import { badInput, notFound, unavailable } from "../errors.js";
import { featureLayers, type Model } from "../models/model.js";
import type { Registry } from "../models/registry.js";
import type { ModelInfo } from "../records/model.js";
import { DRAFT_MODEL } from "../records/settings.js";

/** What a session needs to know about a model before it starts. */
export interface SessionModel extends Pick<ModelInfo, "id" | "task" | "state" | "family" | "size" | "minSize"> {
  /** Why no session can use the model now; null when it is installed or can be downloaded. */
  unusableReason: string | null;
  /**
   * Layers at which losses may be measured, shallow to deep; none for translators. `minimumSide` is the least
   * side of a picture for which the layer has a value, px.
   */
  layers: readonly { name: string; minimumSide: number }[];
}

/** The models that sessions may name. */
export interface SessionModels {
  find(id: string): Promise<SessionModel | null>;
  /**
   * The feature model of sessions that name none: vgg19 where it is READY, else the best READY one; null when none is.
   */
  defaultFeatures(): Promise<SessionModel | null>;
}

/** The models of a registry, as sessions see them. */
export function registryModels(registry: Pick<Registry, "find" | "unusableReason" | "defaultFeatures">): SessionModels {
  const find = async (id: string) => {
    const model = await registry.find(id);
    return model && sessionModel(model, registry.unusableReason(id));
  };
  return {
    find,
    async defaultFeatures() {
      const id = await registry.defaultFeatures();
      return id === null ? null : find(id);
    },
  };
}

/**
 * The feature model with the id `id`; for null, the default one.
 * @throws AtelierError BAD_INPUT, NOT_FOUND, UNAVAILABLE, with the field.
 */
async function featureModel(models: SessionModels, field: string, id: string | null): Promise<SessionModel> {
  if (id !== null) return namedModel(models, field, id, "FEATURES", "A style transfer needs a feature model.");
  const model = await models.defaultFeatures();
  if (!model) throw unavailable("No feature model is ready on this server.", { field });
  return model;
}

/**
 * The feature model of a painting. That of a draft has the layers that its own and the draft's model share, each with
 * the larger of their least sides.
 * @param fields of the model's id and of the draft, in errors.
 * @throws AtelierError BAD_INPUT, NOT_FOUND, UNAVAILABLE, with the field.
 */
export async function paintingModel(
  models: SessionModels,
  fields: { model: string; draft: string },
  asked: { model?: string | null; draft?: boolean | null },
): Promise<SessionModel> {
  const model = await featureModel(models, fields.model, asked.model ?? null);
  if (!asked.draft) return model;
  const draft = await featureModel(models, fields.draft, DRAFT_MODEL);
  const layers = model.layers.flatMap(({ name, minimumSide }) => {
    const drafted = draft.layers.find((layer) => layer.name === name);
    return drafted ? [{ name, minimumSide: Math.max(minimumSide, drafted.minimumSide) }] : [];
  });
  return { ...model, layers };
}

/** The translator with the id `id`. @throws AtelierError BAD_INPUT, NOT_FOUND, UNAVAILABLE, with the field. */
export function translator(models: SessionModels, field: string, id: string): Promise<SessionModel> {
  return namedModel(models, field, id, "TRANSLATION", "A translation needs a model that turns one picture into another.");
}

async function namedModel(
  models: SessionModels,
  field: string,
  id: string,
  task: SessionModel["task"],
  need: string,
): Promise<SessionModel> {
  if (!/^[a-z0-9_-]{1,100}$/.test(id)) throw badInput(field, "A model's id has lower-case letters, digits, hyphens and underscores.");
  const model = await models.find(id);
  if (!model) throw notFound(field, "There is no such model.");
  if (model.task !== task) throw badInput(field, need, task, { allowed: [task] });
  if (model.unusableReason !== null) throw unavailable(model.unusableReason, { field });
  return model;
}

function sessionModel({ id, task, state, family, size, minSize, architecture }: Model, unusableReason: string | null): SessionModel {
  return { id, task, state, unusableReason, family, size, minSize, layers: featureLayers(architecture) };
}
