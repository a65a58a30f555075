import { AtelierError, badInput } from "../../errors.js";
import { type ChangeAtStep, type ImageReference, type InForce, type Weighted, withChange } from "../../records/changes.js";
import type { ImageRecord } from "../../records/pictures.js";
import type { StyleTransferRecord } from "../../records/session.js";
import { completeSettings, type StyleTransferSettings } from "../../records/settings.js";
import type { Storage } from "../../storage/storage.js";
import { changedSettings } from "../change-input.js";
import { featureModel, type SessionModels } from "../models.js";
import { resolveSettings, resolveStyles, resolveTitle } from "../start-input.js";
import { coarsestSize, requireWideEnough, requireWideEnoughAt } from "../wide-enough.js";
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
  const layers = [...settings.contentLayers, ...settings.styleLayers];
  requireWideEnough({ field: "trace.content", image: content, layers }, settings.size, model, maxSize);
  const first = await findStyles(trace.styles, "trace.styles", pictures);
  for (const { field, image } of first.found) {
    requireWideEnough({ field, image, layers: settings.styleLayers }, settings.size, model, maxSize);
  }
  const coarsest = coarsestSize(settings, [content, ...first.found.map(({ image }) => image)]);
  const initial = { settings, styles: first.styles };

  let inForce: InForce<StyleTransferSettings, Weighted<ImageReference>[]> = initial;
  let { found } = first;
  const changes: ChangeAtStep[] = [];
  for (const [index, traced] of trace.changes.entries()) {
    const at = `trace.changes.${index}`;
    if (traced.step < (changes.at(-1)?.step ?? 0)) throw badInput(`${at}.step`, "Changes are listed in the order of their steps.");
    // Any number of steps is allowed: the painter corrected one below the painted step, and does the same on replay.
    const changed = changedSettings(at, { ...traced.settings, styles: traced.styles ? [] : null }, -1, model);
    const next = traced.styles && (await findStyles(traced.styles, `${at}.styles`, pictures));
    const change = { step: traced.step, settings: changed, styles: next?.styles ?? null };
    inForce = withChange(inForce, change);
    changes.push(change);
    const field = `${at}.styleLayers`;
    const stay = changed.styleLayers ? [content, ...(next ? [] : found.map(({ image }) => image))].map((image) => ({ field, image })) : [];
    found = next?.found ?? found;
    for (const picture of [...stay, ...(next?.found ?? [])]) {
      requireWideEnoughAt({ ...picture, layers: inForce.settings.styleLayers }, coarsest, model);
    }
  }
  return { title: resolveTitle("trace.title", trace.title), contentId: content.id, initial, changes, ...inForce };
}

/** The pictures of styles, with their paths in errors, and the styles as a session keeps them. */
async function findStyles(given: TraceContent["styles"], at: string, pictures: Pictures) {
  const found = await Promise.all(
    given.map(async ({ sha256 }, index) => ({ field: `${at}.${index}`, image: await pictures.find(`${at}.${index}`, sha256) })),
  );
  const styles = resolveStyles(
    at,
    given.map(({ weight }, index) => ({ imageId: found[index]!.image.id, weight })),
  );
  return { found, styles };
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
