import type { VariablesOf } from "gql.tada";
import { translationSize } from "../../server/records/settings";
import type { Network, StartTranslation } from "../graphql/operations";
import type { LabelledNumber } from "../parts/settings";
import { settingTexts } from "../texts/settings";
import { shortTitle } from "./networks";

/**
 * Which sizes a translator takes here: from its own smallest to `maxSize`; null where memory is no limit, since a single
 * picture is cut into tiles.
 */
export function sizeSetting({ size, minSize }: Pick<Network, "size" | "minSize">, maxSize: number | null): LabelledNumber {
  const min = Math.max(minSize ?? 0, translationSize.min);
  return { ...translationSize, ...settingTexts.size, min, max: Math.min(maxSize ?? translationSize.max, translationSize.max), default: size };
}

/** The mutation's input; a size that nobody set, or that is too small for this translator, is left to the server. */
export function toTranslationInput(
  { id, title, minSize }: Pick<Network, "id" | "title" | "minSize">,
  imageId: string,
  pictureTitle: string,
  size: number | null,
): VariablesOf<typeof StartTranslation>["input"] {
  const taken = size !== null && size >= (minSize ?? 0);
  return { model: id, imageId, title: `${pictureTitle}, ${shortTitle(title)}`, ...(taken ? { size } : {}) };
}
