import type { Planes } from "./painter.js";
import { crop } from "./picture-padding.js";
import { TileAgreement, transferLargeScaleColours } from "./tile-colours.js";
import type { Tiling } from "./tiles.js";
import type { TranslatedPicture } from "./translate-picture.js";

/** Translates a picture at its own size in one run. */
export type TranslateInOneRun = (picture: Planes) => Promise<TranslatedPicture>;

/**
 * Translates `picture` (3 x H x W, 0..1) tile by tile and returns the whole. Yields after each tile.
 *
 * The result differs from a translation of the picture in one run. Instance normalisation (Ulyanov, Vedaldi and
 * Lempitsky 2016) takes its statistics from its input, so a tile of sky gets other colours than the same sky next to
 * houses. At 1,024 px in tiles of 512 px, photo-to-painting differs by 20/255 on average and shows patches of up to
 * 65/255. With the large-scale colours of a translation of `small`, it differs by 13/255, which are strokes at other
 * places, and no seam is visible (cyclegan-horse2zebra: 22 and 11, fast-style-candy: 22 and 17). What remains is detail
 * that the statistics of a flat tile amplify: painting-to-photo, with a difference of 8/255, has grain in the sky.
 *
 * Departure: Chen et al. 2022 (URST) take the statistics themselves from a small picture. That needs networks made for
 * it, while this works with any. Colours stay where the tiles agree in their overlaps, as without normalisation.
 *
 * @param small Returns the picture at the area of a tile; called only where the tiles disagree.
 */
export async function* translateTiles(
  translate: TranslateInOneRun,
  picture: Planes,
  tiling: Tiling,
  small: () => Promise<Planes>,
): AsyncGenerator<void, TranslatedPicture> {
  const { width, height } = picture;
  const planes = { width, height, data: new Float32Array(picture.data.length) };
  const agreement = new TileAgreement(tiling.regions);
  let computeMs = 0;
  for (const [index, region] of tiling.regions.entries()) {
    const tile = await translate(crop(picture, region));
    computeMs += tile.computeMs;
    tiling.blendInto(planes, index, tile.planes);
    agreement.add(index, tile.planes);
    yield;
  }
  if (agreement.isBroken) {
    const whole = await translate(await small());
    computeMs += whole.computeMs;
    transferLargeScaleColours(whole.planes, planes);
  }
  return { planes, computeMs };
}
