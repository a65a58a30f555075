import { styleTransferLimits } from "../../server/records/settings";
import type { Painting } from "../graphql/operations";
import type { KeptChoice, Option } from "../pictures/use-choice";
import { pictureTexts } from "../texts/pictures";
import { allowedRecipe, type Recipe } from "./recipe";
import { steerableNow, type WeightedPicture } from "./steerable";

/** Further styles with their shares, and the share of the first one. */
export interface Mix {
  share: number;
  others: readonly WeightedPicture[];
}

export const oneStyle: Mix = { share: 1, others: [] };

/** A painting that is not started yet: pictures, settings and mix. */
export interface Draft {
  photo: KeptChoice;
  style: KeptChoice;
  recipe: Recipe;
  mix: Mix;
}

/** Where the browser keeps the draft, for all tabs of this server. */
const STORED = "atelier-draft";

/** Pictures that are kept besides the chosen one: the newest. */
const MAX_OWN = 12;

/** The draft that was kept; null where there is none, or it cannot be read. */
export function readDraft(): Draft | null {
  try {
    const text = localStorage.getItem(STORED);
    return text === null ? null : draftFromText(text);
  } catch {
    // The browser keeps nothing for this page.
    return null;
  }
}

/** Keeps a draft through reloads and closed tabs; null forgets it. */
export function keepDraft(draft: Draft | null): void {
  try {
    if (draft === null) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, JSON.stringify(draft));
  } catch {
    // The browser keeps nothing for this page, or has no space.
  }
}

/** The draft of a painting like `painting`, with what is in force at its end. */
export function draftLike(painting: Pick<Painting, "content" | "settings" | "styles">): Draft {
  const { styles } = steerableNow(painting);
  const [first, ...others] = styles;
  const choiceOf = ({ id, url }: WeightedPicture["image"]): KeptChoice => ({
    own: [{ url, title: pictureTexts.ofServer, imageId: id }],
    url,
  });
  return {
    photo: choiceOf(painting.content),
    style: first ? choiceOf(first.image) : { own: [], url: "" },
    recipe: allowedRecipe({ ...painting.settings }),
    mix: { share: first?.weight ?? 1, others },
  };
}

/** Reads a draft; parts that cannot be read are left out. */
export function draftFromText(text: string): Draft | null {
  let fields: Fields;
  try {
    fields = fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
  const mix = fieldsOf(fields.mix);
  const others = Array.isArray(mix.others) ? mix.others.filter(isWeightedPicture).slice(0, styleTransferLimits.maxStyles - 1) : [];
  return {
    photo: choiceFrom(fields.photo),
    style: choiceFrom(fields.style),
    recipe: allowedRecipe(fieldsOf(fields.recipe)),
    mix: { share: isShare(mix.share) ? mix.share : 1, others },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function choiceFrom(value: unknown): KeptChoice {
  const { own, url } = fieldsOf(value);
  return { own: Array.isArray(own) ? own.filter(isOwn).slice(0, MAX_OWN) : [], url: typeof url === "string" ? url : "" };
}

/** A picture on this server: its URL is no address of another one. */
function isOwn(value: unknown): value is Option {
  const { url, title, imageId } = fieldsOf(value);
  return typeof title === "string" && isPicture({ url, id: imageId });
}

function isWeightedPicture(value: unknown): value is WeightedPicture {
  const { image, weight } = fieldsOf(value);
  return isShare(weight) && isPicture(image);
}

function isPicture(value: unknown): value is WeightedPicture["image"] {
  const { id, url } = fieldsOf(value);
  return typeof id === "string" && typeof url === "string" && url.startsWith("/images/");
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= styleTransferLimits.maxStyleWeight;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
