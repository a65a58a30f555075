/**
 * Makes the thumbnails of the sample pictures, which pickers show:
 *
 *   npx tsx scripts/samples/thumbnails.ts
 */
import { mkdir, readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import sharp from "sharp";
import { rootFolder } from "../../server/paths.js";

/** Shorter side, px: twice that of a picture in a picker. */
const SIDE = 112;

const folder = join(rootFolder, "web", "public", "samples");
await mkdir(join(folder, "small"), { recursive: true });
for (const file of await readdir(folder)) {
  const { name, ext } = parse(file);
  if (ext !== ".jpg" && ext !== ".png") continue;
  const small = sharp(join(folder, file)).resize(SIDE, SIDE, { fit: "cover" }).webp({ quality: 78 });
  await small.toFile(join(folder, "small", `${name}.webp`));
}
