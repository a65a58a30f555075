import { styleTransferLimits } from "../../server/records/settings";
import type { Painting } from "../graphql/operations";
import type { KeptChoice, Option } from "../pictures/use-choice";
import { pictureTexts } from "../texts/pictures";
import { ungrown } from "./growth";
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

/** Pictures that are kept: the newest, and the chosen one. */
const MAX_OWN = 6;

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

type Likeness = Pick<Painting, "title" | "content" | "settings" | "initialSettings" | "styles" | "changes">;

/**
 * The draft of a painting like `painting`, with what is in force at its end, but the size and steps before it grew.
 * @param before The draft that it replaces, whose pictures stay at hand.
 */
export function draftLike(painting: Likeness, before: Draft | null = null): Draft {
  const { styles } = steerableNow(painting);
  const [first, ...others] = styles;
  const [photoTitle, styleTitle] = pictureTitles(painting.title);
  const choiceOf = ({ id, url }: WeightedPicture["image"], title: string, earlier: KeptChoice | undefined): KeptChoice => ({
    own: [{ url, title, imageId: id }, ...(earlier?.own ?? []).filter((one) => one.url !== url)],
    url,
  });
  return {
    photo: choiceOf(painting.content, photoTitle, before?.photo),
    style: first ? choiceOf(first.image, styleTitle, before?.style) : { own: [], url: "" },
    recipe: allowedRecipe({ ...painting.settings, ...ungrown(painting) }),
    mix: { share: first?.weight ?? 1, others },
  };
}

/** The titles of photo and style in that of their painting, as the easel made it; names of no picture where it was changed. */
function pictureTitles(title: string | null): readonly [string, string] {
  const [photo, style, ...more] = title?.split(", ") ?? [];
  return photo && style && more.length === 0 ? [photo, style] : [pictureTexts.ofServer, pictureTexts.ofServer];
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
  const known = Array.isArray(own) ? own.filter(isOwn) : [];
  return {
    own: known.filter((one, place) => place < MAX_OWN || one.url === url),
    url: typeof url === "string" ? url : "",
  };
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
