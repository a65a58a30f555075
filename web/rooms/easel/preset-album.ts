import type { Preset } from "./presets";

/** Pictures of presets, as data URLs by preset. */
export type PresetPictures = Readonly<Partial<Record<Preset["id"], string>>>;

/** Where the browser keeps them for a tab. */
const STORED = "atelier-presets";

/** Pairs of photo and style that are kept, the newest ones. */
const MOST_PAIRS = 12;

/** Pictures by pair; the last entry is the newest. */
let album: ReadonlyMap<string, PresetPictures> | null = null;

/** The key of a photo and a style. */
export function pairKey(photoUrl: string, styleUrl: string): string {
  return `${photoUrl} ${styleUrl}`;
}

/** The pictures that were painted of a pair. */
export function picturesOf(pair: string): PresetPictures {
  album ??= new Map(readAlbum());
  return album.get(pair) ?? {};
}

/** Adds a picture to those of a pair. */
export function keepPicture(pair: string, preset: Preset["id"], picture: string): void {
  const pictures = { ...picturesOf(pair), [preset]: picture };
  const others = [...(album ?? [])].filter(([other]) => other !== pair);
  album = new Map([...others, [pair, pictures] as const].slice(-MOST_PAIRS));
  try {
    sessionStorage.setItem(STORED, JSON.stringify([...album]));
  } catch {
    // The browser keeps nothing for this page, or has no space: a reload paints them again.
  }
}

function readAlbum(): [string, PresetPictures][] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isEntry) : [];
  } catch {
    // The browser keeps nothing for this page, or this is no browser.
    return [];
  }
}

function isEntry(value: unknown): value is [string, PresetPictures] {
  if (!Array.isArray(value) || typeof value[0] !== "string" || typeof value[1] !== "object" || value[1] === null) return false;
  return Object.values(value[1]).every((picture) => typeof picture === "string" && picture.startsWith("data:image/"));
}
