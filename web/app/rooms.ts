import { studioTexts as texts } from "../texts/studio";

/** The studio's rooms, in the order of the masthead. */
export const rooms = [
  { href: "/", name: texts.paint },
  { href: "/translate", name: texts.translate },
  { href: "/live", name: texts.live },
  { href: "/layers", name: texts.layers },
  { href: "/gallery", name: texts.gallery },
  { href: "/models", name: texts.models },
  { href: "/kiosk/setup", name: texts.kiosk },
] as const;

/** Pages that start something, which those who may only watch cannot use. */
const makingPages: ReadonlySet<string> = new Set(["/", "/translate", "/live", "/layers", "/four", "/kiosk", "/kiosk/setup"]);

/** Whether a page only starts something. */
export function startsSomething(page: string): boolean {
  return makingPages.has(page);
}
