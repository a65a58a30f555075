import { badInput } from "../errors.js";
import type { Change, ChangeInput, ImageReference } from "../records/changes.js";
import type { StyleTransferRecord } from "../records/session.js";
import { type SteerableSettings, steerableNames } from "../records/settings.js";
import type { Storage } from "../storage/storage.js";
import { paintingModel, type SessionModel, type SessionModels } from "./models.js";
import { coarsestSize, requireWideEnough } from "./narrow-pictures.js";
import { requireImage } from "./requirements.js";
import { checkedSetting, resolveStyles } from "./start-input.js";

/**
 * A change that can take effect in a session whose picture `paintedStep` exists already.
 * @throws AtelierError BAD_INPUT (with field and limit), NOT_FOUND for an image, UNAVAILABLE for a model.
 */
export async function resolveChange(
  { storage, models }: { storage: Storage; models: SessionModels },
  session: Pick<StyleTransferRecord, "settings" | "styles" | "initial" | "contentId">,
  input: ChangeInput,
  paintedStep: number,
): Promise<Change> {
  const model = await paintingModel(models, { model: "sessionId", draft: "sessionId" }, session.settings);
  const settings = changedSettings("changes", input, paintedStep, model);
  const styles = input.styles ? resolveStyles("changes.styles", input.styles) : null;
  if (settings.styleLayers || styles) {
    const { initial, contentId } = session;
    const imagesOf = (references: readonly ImageReference[], fieldOf: (index: number) => string) =>
      Promise.all(references.map(({ imageId }, index) => requireImage(storage, fieldOf(index), imageId)));
    const [content, ...firstStyles] = await imagesOf([{ imageId: contentId }, ...initial.styles], () => "sessionId");
    const styleField = styles && ((index: number) => `changes.styles.${index}.imageId`);
    const pictures = { content: content!, styles: await imagesOf(styles ?? session.styles, styleField ?? (() => "sessionId")) };
    const layers = settings.styleLayers ?? session.settings.styleLayers;
    const longerSide = coarsestSize(initial.settings, [pictures.content, ...firstStyles]);
    const layersField = settings.styleLayers ? "changes.styleLayers" : null;
    requireWideEnough({ layersField, styleField }, pictures, layers, longerSide, model);
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
