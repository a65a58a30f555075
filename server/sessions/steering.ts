import type { Storage } from "../storage/storage.js";
import { featureModel } from "./model-choice.js";
import type { SessionModels } from "./models.js";
import { requireImage } from "./requirements.js";
import type { InitialState, RecordedChange, SteeringChange, StyleTransferRecord } from "../records/session.js";
import { coarsestSize, resolveSteering, type SteeringInput } from "./steering-input.js";
import { requireWideEnough, resolveStyles } from "./style-transfer-settings.js";

/** Settings and styles that were in force at a step: those of the beginning with the changes through that step. */
export function stateAt({ initial }: StyleTransferRecord, changes: readonly RecordedChange[], step: number): InitialState {
  let { settings, styles } = initial;
  for (const change of changes) {
    if (change.step === null || change.step > step) continue;
    settings = { ...settings, ...change.settings };
    styles = change.styles ?? styles;
  }
  return { settings, styles };
}

/**
 * A change that can be put into force for a session whose picture `paintedStep` is there already.
 * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image, UNAVAILABLE for a model that cannot be had.
 */
export async function resolveChange(
  { storage, models }: { storage: Storage; models: SessionModels },
  session: StyleTransferRecord,
  input: SteeringInput,
  paintedStep: number,
): Promise<SteeringChange> {
  const model = await featureModel(models, session.settings.model);
  const settings = resolveSteering(input, paintedStep, model);
  const styles = input.styles ? resolveStyles("changes.styles", input.styles) : null;
  const layers = settings.styleLayers ?? session.settings.styleLayers;
  const smallest = coarsestSize(session);
  if (settings.styleLayers) {
    const content = await requireImage(storage, "changes.styleLayers", session.contentId);
    requireWideEnough("changes.styleLayers", content, layers, smallest, model);
  }
  for (const [index, { imageId }] of (styles ?? []).entries()) {
    const field = `changes.styles.${index}.imageId`;
    requireWideEnough(field, await requireImage(storage, field, imageId), layers, smallest, model);
  }
  return { settings, styles };
}
