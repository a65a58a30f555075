import { type Draft, draftFromText } from "./draft";

const PARAMETER = "setup";

/** Path and query of a new painting with the pictures, settings and mix of a draft. */
export function setupLink({ photo, style, recipe, mix }: Draft): string {
  const chosenOf = ({ own, url }: Draft["photo"]) => ({ own: own.filter((one) => one.url === url), url });
  const text = JSON.stringify({ photo: chosenOf(photo), style: chosenOf(style), recipe, mix });
  return `/?${new URLSearchParams({ [PARAMETER]: encoded(text) })}`;
}

/** Ids of the stored pictures that a link to a draft names, each once. */
export function storedPictures({ photo, style, mix }: Draft): string[] {
  const chosen = [photo, style].flatMap(({ own, url }) => own.filter((one) => one.url === url).flatMap(({ imageId }) => imageId ?? []));
  return [...new Set([...chosen, ...mix.others.map(({ image }) => image.id)])];
}

/** Whether an address brings a draft, readable or not. */
export function bringsDraft(query: string): boolean {
  return new URLSearchParams(query).has(PARAMETER);
}

/** The draft that an address brings; null where it cannot be read. */
export function draftFromLink(query: string): Draft | null {
  const draft = draftFromText(decoded(new URLSearchParams(query).get(PARAMETER) ?? "") ?? "");
  return draft && draft.photo.url !== "" && draft.style.url !== "" ? draft : null;
}

/** UTF-8 as base64 in the alphabet of addresses. */
function encoded(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function decoded(text: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    // Cut off or changed on its way.
    return null;
  }
}
