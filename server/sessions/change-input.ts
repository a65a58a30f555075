import { badInput } from "../errors.js";
import type { Change, ChangeInput } from "../records/changes.js";
import type { StyleTransferRecord } from "../records/session.js";
import { type SteerableSettings, steerableNames } from "../records/settings.js";
import type { Storage } from "../storage/storage.js";
import { featureModel, type SessionModel, type SessionModels } from "./models.js";
import { requireImage } from "./requirements.js";
import { checkedSetting, resolveStyles } from "./start-input.js";
import { coarsestSize, requireWideEnoughAt } from "./wide-enough.js";

/**
 * A change that can take effect in a session whose picture `paintedStep` exists already.
 * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image, UNAVAILABLE for a model.
 */
export async function resolveChange(
  { storage, models }: { storage: Storage; models: SessionModels },
  session: Pick<StyleTransferRecord, "settings" | "styles" | "contentId" | "initial">,
  input: ChangeInput,
  paintedStep: number,
): Promise<Change> {
  const model = await featureModel(models, "sessionId", session.settings.model);
  const settings = changedSettings("changes", input, paintedStep, model);
  const styles = input.styles ? resolveStyles("changes.styles", input.styles) : null;
  const layers = settings.styleLayers ?? session.settings.styleLayers;
  const checked = (styles ?? []).map(({ imageId }, index) => ({ field: `changes.styles.${index}.imageId`, imageId }));
  if (settings.styleLayers) {
    // Other layers are computed for the pictures that stay.
    const stay = [session.contentId, ...(styles ? [] : session.styles.map(({ imageId }) => imageId))];
    checked.push(...stay.map((imageId) => ({ field: "changes.styleLayers", imageId })));
  }
  if (checked.length > 0) {
    const first = [session.contentId, ...session.initial.styles.map(({ imageId }) => imageId)];
    const sizes = await Promise.all(first.map((imageId) => requireImage(storage, "sessionId", imageId)));
    const coarsest = coarsestSize(session.initial.settings, sizes);
    for (const { field, imageId } of checked) {
      requireWideEnoughAt({ field, image: await requireImage(storage, field, imageId), layers }, coarsest, model);
    }
  }
  return { settings, styles };
}

/**
 * The new values of a change, for a painting whose picture `paintedStep` exists already. `at` is the path of the change
 * in errors.
 * @throws AtelierError BAD_INPUT with field and limit: nothing to change, out of range, no such layer, too few `steps`.
 */
export function changedSettings(at: string, input: ChangeInput, paintedStep: number, model: SessionModel): Partial<SteerableSettings> {
  const given = steerableNames.filter((name) => (input[name] ?? null) !== null);
  if (given.length === 0 && !input.styles) throw badInput(at, "There is nothing to change.");
  const settings: Partial<SteerableSettings> = Object.fromEntries(
    given.map((name) => [name, checkedSetting(`${at}.${name}`, name, input[name], model)]),
  );
  if (settings.steps !== undefined && settings.steps <= paintedStep) {
    throw badInput(`${at}.steps`, `Step ${paintedStep} is painted already; steps must be at least ${paintedStep + 1}.`, paintedStep + 1, {
      min: paintedStep + 1,
    });
  }
  return settings;
}
