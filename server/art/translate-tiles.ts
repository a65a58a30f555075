import type { Painting, Planes } from "./painter.js";
import { crop } from "./picture-padding.js";
import { TileAgreement, takeColoursOf } from "./tile-colours.js";
import type { Tiling } from "./tiles.js";

/** What a network makes of a picture, at the same size. */
export type Translate = (picture: Planes) => Promise<Pick<Painting, "planes" | "computeMs">>;

/**
 * Translates `picture` (3 x H x W, 0..1) tile by tile and answers the whole; pauses after each run of the network.
 *
 * It is not what the network makes of the picture as a whole. Instance normalisation (Ulyanov, Vedaldi, Lempitsky 2016)
 * takes its statistics from what it sees, so a tile of sky gets other colours than the same sky beside houses. At
 * 1,024 px in tiles of 512 px, photo-to-painting is 20/255 off on average and shows patches of up to 65/255; with
 * large-scale colours from `small`, a translation of the whole picture at a tile's area, it is 13/255 off, which are strokes
 * that lie elsewhere, and no seam is seen (cyclegan-horse2zebra: 22 and 11, fast-style-candy: 22 and 17). What stays is detail
 * that the statistics of a flat tile bring out: painting-to-photo, 8/255 off, shows grain in a clear sky. Chen et al. 2022 (URST)
 * take the statistics themselves from a small picture instead; that needs networks made for it, this takes any. A network
 * whose tiles agree where they overlap, as without such normalisation, is left alone.
 *
 * @param small the picture at the area of a tile; asked for only where the tiles disagree.
 */
export async function* translateTiles(
  translate: Translate,
  picture: Planes,
  tiling: Tiling,
  small: () => Promise<Planes>,
): AsyncGenerator<void, Pick<Painting, "planes" | "computeMs">> {
  const { width, height } = picture;
  const planes = { width, height, data: new Float32Array(picture.data.length) };
  const agreement = new TileAgreement(tiling.places);
  let computeMs = 0;
  for (const [index, place] of tiling.places.entries()) {
    const tile = await translate(crop(picture, place));
    computeMs += tile.computeMs;
    tiling.blendInto(planes, index, tile.planes);
    agreement.add(index, tile.planes);
    yield;
  }
  if (agreement.broken) {
    const whole = await translate(await small());
    computeMs += whole.computeMs;
    takeColoursOf(whole.planes, planes);
  }
  return { planes, computeMs };
}
