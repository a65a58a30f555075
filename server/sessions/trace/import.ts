import { AtelierError, badInput } from "../../errors.js";
import { type ChangeAtStep, type ImageReference, type InForce, type Weighted, withChange } from "../../records/changes.js";
import type { ImageRecord } from "../../records/pictures.js";
import type { StyleTransferRecord } from "../../records/session.js";
import { completeSettings, type StyleTransferSettings } from "../../records/settings.js";
import type { Storage } from "../../storage/storage.js";
import { changedSettings, coarsestSize } from "../change-input.js";
import { featureModel, type SessionModel, type SessionModels } from "../models.js";
import { requireWideEnough, resolveSettings, resolveStyles, resolveTitle } from "../start-input.js";
import { readTrace, type TraceContent } from "./read.js";

/** A style transfer that a trace describes; `settings` and `styles` are those with every change in force. */
export interface TracedSession extends Pick<StyleTransferRecord, "title" | "contentId" | "initial" | "settings" | "styles"> {
  changes: ChangeAtStep[];
}

/**
 * Checks a trace by the same rules as a start and its changes, and finds its pictures among the uploads of this server.
 * @throws AtelierError BAD_INPUT with field (such as `trace.changes.3.alpha`) and limit; NOT_FOUND for a model or a
 * picture that is missing here; UNAVAILABLE for a model that cannot be downloaded.
 */
export async function resolveTrace(
  { storage, models, maxSize }: { storage: Storage; models: SessionModels; maxSize: number },
  text: string,
): Promise<TracedSession> {
  const trace = readTrace(text);
  const pictures = new Pictures(storage);
  const model = await featureModel(models, "trace.settings.model", trace.settings.model ?? null);
  const complete = completeSettings(trace.settings);
  const settings = resolveSettings("trace.settings", complete, model, maxSize);
  const content = await pictures.find("trace.content", trace.contentDigest);
  requireWideEnough("trace.content", content, [...settings.contentLayers, ...settings.styleLayers], settings.size, model);
  const initial = { settings, styles: await stylesOf(trace.styles, "trace.styles", pictures, settings, model) };

  let inForce: InForce<StyleTransferSettings, Weighted<ImageReference>[]> = initial;
  const changes: ChangeAtStep[] = [];
  for (const [index, traced] of trace.changes.entries()) {
    const at = `trace.changes.${index}`;
    if (traced.step < (changes.at(-1)?.step ?? 0)) throw badInput(`${at}.step`, "Changes are listed in the order of their steps.");
    const change = await resolveTracedChange(traced, at, inForce.settings, pictures, model);
    inForce = withChange(inForce, change);
    changes.push(change);
  }
  return { title: resolveTitle("trace.title", trace.title), contentId: content.id, initial, changes, ...inForce };
}

async function resolveTracedChange(
  change: TraceContent["changes"][number],
  at: string,
  before: StyleTransferSettings,
  pictures: Pictures,
  model: SessionModel,
): Promise<ChangeAtStep> {
  // Any number of steps is allowed: the painter corrected one below the painted step, and does the same on replay.
  const settings = changedSettings(at, { ...change.settings, styles: change.styles ? [] : null }, -1, model);
  const styles = change.styles && (await stylesOf(change.styles, `${at}.styles`, pictures, { ...before, ...settings }, model));
  return { step: change.step, settings, styles };
}

async function stylesOf(
  given: TraceContent["styles"],
  at: string,
  pictures: Pictures,
  settings: StyleTransferSettings,
  model: SessionModel,
): Promise<Weighted<ImageReference>[]> {
  const images = await Promise.all(given.map(({ sha256 }, index) => pictures.find(`${at}.${index}`, sha256)));
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

  /** @throws AtelierError NOT_FOUND with the field when the picture is missing here. */
  async find(field: string, digest: string): Promise<ImageRecord> {
    const finding = this.found.get(digest) ?? this.storage.images.findByDigest(digest);
    this.found.set(digest, finding);
    const image = await finding;
    if (image) return image;
    throw new AtelierError("NOT_FOUND", "A picture of this trace is not on this server; upload it first.", { field, limit: digest });
  }
}
