import { AtelierError } from "../../errors.js";
import type { Storage } from "../../storage/storage.js";
import { featureModel } from "../model-choice.js";
import type { SessionModel, SessionModels } from "../models.js";
import type { ImageRecord, InitialState, PlannedChange, WeightedStyle } from "../../records/session.js";
import { coarsestSize, resolveSteering } from "../steering-input.js";
import { requireWideEnough, resolveSettings, resolveStyles, resolveTitle } from "../style-transfer-settings.js";
import { readTrace, type TraceContent } from "./read.js";

/** A style transfer that a trace asks for. */
export interface TracedStart {
  title: string | null;
  contentId: string;
  initial: InitialState;
  changes: PlannedChange[];
  /** With every change. */
  settings: InitialState["settings"];
  styles: WeightedStyle[];
}

/**
 * Checks a trace as a start and its changes are checked, and finds its pictures among those that were uploaded here.
 * @throws AtelierError BAD_INPUT with field (such as `trace.changes.3.alpha`) and limit; NOT_FOUND for a model or a picture
 * that is not here; UNAVAILABLE for a model that cannot be had.
 */
export async function resolveTrace(
  { storage, models, maxSize }: { storage: Storage; models: SessionModels; maxSize: number },
  text: string,
): Promise<TracedStart> {
  const trace = readTrace(text);
  const pictures = new Pictures(storage);
  const model = await named("input.", "trace.settings.", () => featureModel(models, trace.settings.model ?? null));
  const settings = await named("input.", "trace.settings.", () =>
    resolveSettings({ ...trace.settings, contentId: "", styles: [] }, model, maxSize),
  );
  const content = await pictures.find("trace.content", trace.contentDigest);
  const layers = [...settings.contentLayers, ...settings.styleLayers];
  requireWideEnough("trace.content", content, layers, settings.size, model);
  const styles = await stylesOf(trace.styles, "trace.styles", pictures, { settings, model });

  const course: TracedStart = {
    title: resolveTitle("trace.title", trace.title),
    contentId: content.id,
    initial: { settings, styles },
    changes: [],
    settings,
    styles,
  };
  for (const [index, change] of trace.changes.entries()) await addChange(course, change, `trace.changes.${index}`, pictures, model);
  return course;
}

async function addChange(
  course: TracedStart,
  change: TraceContent["changes"][number],
  at: string,
  pictures: Pictures,
  model: SessionModel,
) {
  if (change.step < (course.changes.at(-1)?.step ?? 0)) {
    throw new AtelierError("BAD_INPUT", "Changes stand in the order of their steps.", { field: `${at}.step` });
  }
  const asked = { ...change.settings, styles: change.styles ? [] : null };
  // A number of steps that is past is what the painter made of it; it does the same again.
  const settings = await named("changes", at, () => resolveSteering(asked, -1, model));
  course.settings = { ...course.settings, ...settings };
  const styles = change.styles && (await stylesOf(change.styles, `${at}.styles`, pictures, { settings: course.settings, model }));
  course.styles = styles ?? course.styles;
  course.changes.push({ step: change.step, settings, styles });
}

async function stylesOf(
  given: TraceContent["styles"],
  at: string,
  pictures: Pictures,
  { settings, model }: { settings: InitialState["settings"]; model: SessionModel },
): Promise<WeightedStyle[]> {
  const images = await Promise.all(given.map(({ digest }, index) => pictures.find(`${at}.${index}`, digest)));
  for (const [index, image] of images.entries()) {
    requireWideEnough(`${at}.${index}`, image, settings.styleLayers, coarsestSize({ settings }), model);
  }
  return resolveStyles(
    at,
    given.map(({ weight }, index) => ({ imageId: images[index]!.id, weight })),
  );
}

/** Uploaded pictures by the SHA-256 of their bytes. */
class Pictures {
  private readonly found = new Map<string, Promise<ImageRecord | null>>();

  constructor(private readonly storage: Storage) {}

  /** @throws AtelierError NOT_FOUND with the field when it is not here. */
  async find(field: string, digest: string): Promise<ImageRecord> {
    const finding = this.found.get(digest) ?? this.storage.images.findByDigest(digest);
    this.found.set(digest, finding);
    const image = await finding;
    if (!image)
      throw new AtelierError("NOT_FOUND", "A picture of this trace is not on this server; upload it first.", { field, limit: digest });
    return image;
  }
}

/** Calls fields in errors as the trace calls them. */
async function named<Result>(from: string, to: string, check: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof AtelierError) || !error.detail.field?.startsWith(from)) throw error;
    const { code, message, detail } = error;
    throw new AtelierError(code, message, { ...detail, field: `${to}${error.detail.field.slice(from.length)}` });
  }
}
