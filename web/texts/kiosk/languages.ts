import { english } from "./english";
import { french } from "./french";
import { german } from "./german";
import type { KioskTexts } from "./kiosk-texts";

/** Languages of the exhibition page, by their tags in HTML. */
export type Language = "en" | "de" | "fr";

/** The texts of the exhibition page in each language. */
export const kioskTexts: Readonly<Record<Language, KioskTexts>> = { en: english, de: german, fr: french };

/** The languages in the order in which they are offered, with their own names. */
export const languages: readonly { tag: Language; name: string }[] = [
  { tag: "en", name: "English" },
  { tag: "de", name: "Deutsch" },
  { tag: "fr", name: "Français" },
];
