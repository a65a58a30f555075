import { badInput } from "../errors.js";
import type { Change, ChangeInput, ImageReference } from "../records/changes.js";
import type { StyleTransferRecord } from "../records/session.js";
import { type SteerableSettings, steerableNames, styleTransferSettings } from "../records/settings.js";
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
  { storage, models, maxSize }: { storage: Storage; models: SessionModels; maxSize(): number },
  session: Pick<StyleTransferRecord, "settings" | "styles" | "initial" | "contentId">,
  input: ChangeInput,
  paintedStep: number,
): Promise<Change> {
  const model = await paintingModel(models, { model: "sessionId", draft: "sessionId" }, session.settings);
  const painted = { step: paintedStep, size: session.settings.size };
  const settings = changedSettings("changes", input, painted, model, maxSize());
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
 * The new values of a change, for a painting whose picture `painted.step` exists already and whose size in force is
 * `painted.size` px. `at` is the path of the change in errors, `maxSize` the longest side in px that this machine paints.
 * @throws AtelierError BAD_INPUT with field and limit: nothing to change, out of range, no such layer, too few `steps`,
 * a `size` that is not larger.
 */
export function changedSettings(
  at: string,
  input: ChangeInput,
  painted: { step: number; size: number },
  model: SessionModel,
  maxSize: number,
): Partial<SteerableSettings> {
  const given = steerableNames.filter((name) => (input[name] ?? null) !== null);
  if (given.length === 0 && !input.styles) throw badInput(at, "There is nothing to change.");
  const settings: Partial<SteerableSettings> = Object.fromEntries(
    given.map((name) => [name, checkedSetting(`${at}.${name}`, name, input[name], model, maxSize)]),
  );
  const least = painted.step + 1;
  if (settings.steps !== undefined && settings.steps < least) {
    throw badInput(`${at}.steps`, `Step ${painted.step} is painted already; steps must be at least ${least}.`, least, { min: least });
  }
  const { max } = styleTransferSettings.steps;
  if (settings.size !== undefined && painted.step >= max) {
    throw badInput(`${at}.size`, `The painting has ${painted.step} steps, the most that it may have, and cannot grow.`, max, { max });
  }
  if (settings.size !== undefined && settings.size <= painted.size) {
    const larger = painted.size + 1;
    if (larger > maxSize)
      throw badInput(`${at}.size`, `The painting cannot grow: ${maxSize} px is the largest size here.`, maxSize, {
        max: maxSize,
        unit: "px",
      });
    const range = { min: larger, max: maxSize, unit: "px" };
    throw badInput(`${at}.size`, `The painting has ${painted.size} px already; size must be from ${larger} to ${maxSize}.`, larger, range);
  }
  return settings;
}
