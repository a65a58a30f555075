import { AtelierError, badInput } from "../../errors.js";
import { type ChangeAtStep, type ImageReference, type InForce, type Weighted, withChange } from "../../records/changes.js";
import type { ImageRecord } from "../../records/pictures.js";
import type { StyleTransferRecord } from "../../records/session.js";
import { completeSettings, type StyleTransferSettings } from "../../records/settings.js";
import type { Storage } from "../../storage/storage.js";
import { changedSettings } from "../change-input.js";
import { paintingModel, type SessionModels } from "../models.js";
import { coarsestSize, requireWideEnough, sizeThatWorks } from "../narrow-pictures.js";
import { resolveSettings, resolveStyles, resolveTitle } from "../start-input.js";
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
  { storage, models, maxSize }: { storage: Storage; models: SessionModels; maxSize(): number },
  text: string,
): Promise<TracedSession> {
  const trace = readTrace(text);
  const pictures = new Pictures(storage);
  const model = await paintingModel(models, { model: "trace.settings.model", draft: "trace.settings.draft" }, trace.settings);
  const complete = completeSettings(trace.settings);
  const settings = resolveSettings("trace.settings", complete, model, maxSize());
  const content = await pictures.find("trace.content", trace.contentDigest);
  const first = await stylesOf(trace.styles, "trace.styles", pictures);
  const initial = { settings, styles: first.weighted, convolutions: trace.convolutions };
  const { contentLayers, styleLayers, size } = settings;
  const uses = [
    { field: "trace.content", image: content, layers: [...contentLayers, ...styleLayers] },
    ...first.images.map((image, index) => ({ field: `trace.styles.${index}`, image, layers: styleLayers })),
  ];
  sizeThatWorks(uses, model, (other) => ({ ...settings, size: other }), { size, mayGrow: false, maxSize: maxSize() });

  const longerSide = coarsestSize(settings, [content, ...first.images]);
  let inForce: InForce<StyleTransferSettings, TracedStyles> = { settings, styles: first };
  const changes: ChangeAtStep[] = [];
  for (const [index, { step, ...traced }] of trace.changes.entries()) {
    const at = `trace.changes.${index}`;
    const min = changes.at(-1)?.step ?? 0;
    if (step < min) {
      throw badInput(`${at}.step`, `Changes are listed in the order of their steps: this one must be at least ${min}.`, min, { min });
    }
    // Any number of steps and any size are allowed: the painter corrected them where need be, and does the same on replay.
    const painted = { step: -1, size: 0 };
    const changed = changedSettings(at, { ...traced.settings, styles: traced.styles ? [] : null }, painted, model, maxSize());
    const styles = traced.styles && (await stylesOf(traced.styles, `${at}.styles`, pictures));
    inForce = withChange(inForce, { settings: changed, styles });
    const layersField = changed.styleLayers ? `${at}.styleLayers` : null;
    const styleField = styles && ((style: number) => `${at}.styles.${style}`);
    const picturesInForce = { content, styles: inForce.styles.images };
    requireWideEnough({ layersField, styleField }, picturesInForce, inForce.settings.styleLayers, longerSide, model);
    changes.push({ step, settings: changed, styles: styles?.weighted ?? null });
  }
  const last = { settings: inForce.settings, styles: inForce.styles.weighted };
  return { title: resolveTitle("trace.title", trace.title), contentId: content.id, initial, changes, ...last };
}

/** Style pictures of a trace as uploads of this server. */
interface TracedStyles {
  images: ImageRecord[];
  weighted: Weighted<ImageReference>[];
}

async function stylesOf(given: TraceContent["styles"], at: string, pictures: Pictures): Promise<TracedStyles> {
  const images = await Promise.all(given.map(({ sha256 }, index) => pictures.find(`${at}.${index}`, sha256)));
  const weighted = given.map(({ weight }, index) => ({ imageId: images[index]!.id, weight }));
  return { images, weighted: resolveStyles(at, weighted) };
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
