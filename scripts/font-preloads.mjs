import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The links by which a page loads its fonts before it is shown. */
const PRELOADS = /<link rel="preload"[^>]* as="font"[^>]*>/g;

/**
 * Gives a page that has no links to fonts those of another one, before its styles. Next leaves them out of the page for
 * addresses that lead nowhere, whose text then moved when its fonts arrived.
 * @param {string} html @param {string} other
 */
export function withFontPreloads(html, other) {
  if (html.match(PRELOADS)) return html;
  return html.replace('<link rel="stylesheet"', (link) => [...(other.match(PRELOADS) ?? []), link].join(""));
}

/** Lets all exported pages load their fonts first, as the start page does. @param {string} folder */
export async function preloadFonts(folder) {
  const start = await readFile(join(folder, "index.html"), "utf8");
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith(".html")) continue;
    const html = await readFile(join(folder, name), "utf8");
    const whole = withFontPreloads(html, start);
    if (whole !== html) await writeFile(join(folder, name), whole);
  }
}
