import type { KioskTexts } from "../../texts/kiosk/kiosk-texts";

/** The words under a painting. Uploaded pictures have no title, "". */
export function captionOf(texts: KioskTexts, photo: string, style: string): string {
  if (photo !== "" && style !== "") return texts.painting(photo, style);
  if (style !== "") return texts.inStyle(style);
  return photo || texts.untitled;
}

/** Title of a painting's session in the gallery. */
export function sessionTitle(photo: string, style: string): string {
  return ["Kiosk", [photo, style].filter((title) => title !== "").join(", ")].filter((part) => part !== "").join(": ");
}
