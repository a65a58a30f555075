import type { VariablesOf } from "gql.tada";
import { translationSize } from "../../server/records/settings";
import type { Network, StartTranslation } from "../graphql/operations";
import type { LabelledNumber } from "../parts/settings";
import { settingTexts } from "../texts/settings";
import { shortTitle } from "./networks";

/**
 * The sizes that a translator takes, from its own smallest to `maxSize`. Null means that memory sets no limit, because
 * a single picture is cut into tiles.
 */
export function sizeSetting({ size, minSize }: Pick<Network, "size" | "minSize">, maxSize: number | null): LabelledNumber {
  const min = Math.max(minSize ?? 0, translationSize.min);
  return {
    ...translationSize,
    ...settingTexts.size,
    min,
    max: Math.min(maxSize ?? translationSize.max, translationSize.max),
    default: size,
  };
}

/** The mutation's input. A size that is not set or is too small for this translator is left to the server. */
export function toTranslationInput(
  { id, title, minSize }: Pick<Network, "id" | "title" | "minSize">,
  imageId: string,
  pictureTitle: string,
  size: number | null,
): VariablesOf<typeof StartTranslation>["input"] {
  const taken = size !== null && size >= (minSize ?? 0);
  return { model: id, imageId, title: `${pictureTitle}, ${shortTitle(title)}`, ...(taken ? { size } : {}) };
}
