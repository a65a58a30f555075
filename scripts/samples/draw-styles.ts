import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { breakers } from "./breakers.js";
import { engraving } from "./engraving.js";
import { meadowDots } from "./meadow-dots.js";
import { nightWind } from "./night-wind.js";
import type { Sheet } from "./sheet.js";
import { stainedGlass } from "./stained-glass.js";
import { wetPaper } from "./wet-paper.js";

/**
 * The style pictures of the studio. Draws all of them, or those that are named, the same each time:
 *
 *   npx tsx scripts/samples/draw-styles.ts [name...]
 */
const styles: Record<string, () => Sheet> = {
  "night-wind": () => nightWind(11),
  "stained-glass": () => stainedGlass(5),
  breakers: () => breakers(23),
  "meadow-dots": () => meadowDots(4),
  "wet-paper": () => wetPaper(8),
  engraving: () => engraving(3),
};

/** Most bytes of a picture. */
const MAX_BYTES = 150_000;
/** JPEG qualities to try, the best first; the last one is used in any case. */
const qualities = [84, 76, 68, 60, 52];

async function draw(name: string, style: () => Sheet): Promise<void> {
  const sheet = style();
  for (const quality of qualities) {
    const picture = await sheet.jpeg(quality);
    if (picture.byteLength > MAX_BYTES && quality !== qualities.at(-1)) continue;
    await writeFile(fileURLToPath(new URL(`../../web/public/samples/${name}.jpg`, import.meta.url)), picture);
    console.log(`${name}.jpg: ${Math.round(picture.byteLength / 1000)} kB at quality ${quality}`);
    return;
  }
}

const wanted = process.argv.slice(2);
for (const [name, style] of Object.entries(styles)) {
  if (wanted.length === 0 || wanted.includes(name)) await draw(name, style);
}
