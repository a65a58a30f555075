import { translationSize } from "../records/settings.js";
import type { SessionModel } from "./models.js";
import type { TranslationSettings } from "../records/session.js";
import { checkedNumber } from "./style-transfer-settings.js";

/** What a client asks of a translation. What is left out or null gets its default. */
export interface TranslationInput {
  model: string;
  /** The picture to translate; without one its frames are sent one by one. */
  imageId?: string | null;
  title?: string | null;
  /** Longer side of the result, px; the model's native size where it is left out. */
  size?: number | null;
}

/**
 * Complete settings; `maxSize` is the longest side in px that this machine paints. A single picture may be larger: it is
 * translated in tiles where memory is short.
 * @throws AtelierError BAD_INPUT with field and limit.
 */
export function resolveTranslation({ imageId, size }: TranslationInput, model: SessionModel, maxSize: number): TranslationSettings {
  const isLive = (imageId ?? null) === null;
  const max = isLive ? maxSize : translationSize.max;
  const limits = { ...translationSize, min: Math.max(translationSize.min, model.minSize ?? 0), max };
  const asked = size ?? Math.max(limits.min, Math.min(model.size, max));
  return { model: model.id, family: model.family, size: checkedNumber("input.size", asked, limits) };
}
