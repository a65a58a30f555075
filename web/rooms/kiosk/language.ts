import { useSyncExternalStore } from "react";
import { type Language, languages } from "../../texts/kiosk/languages";

const FALLBACK: Language = "en";

/** The language that a tag such as "de" or "de-AT" names; null for one that the kiosk does not speak. */
export function languageNamed(tag: string | null): Language | null {
  const language = tag?.toLowerCase().split("-")[0];
  return languages.find((one) => one.tag === language)?.tag ?? null;
}

/** The first of a reader's languages that the kiosk speaks, else English. */
export function preferredLanguage(tags: readonly string[]): Language {
  return tags.map(languageNamed).find((language) => language !== null) ?? FALLBACK;
}

/** The language of the page: `asked`, or the browser's where it is null. The exported page itself is in English. */
export function useLanguage(asked: Language | null): Language {
  const preferred = useSyncExternalStore(onChange, ofBrowser, () => FALLBACK);
  return asked ?? preferred;
}

function ofBrowser(): Language {
  return preferredLanguage(navigator.languages);
}

function onChange(notify: () => void): () => void {
  window.addEventListener("languagechange", notify);
  return () => window.removeEventListener("languagechange", notify);
}
