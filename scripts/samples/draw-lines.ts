import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { arc, curve, line, type Point, penDrawing, type Stroke } from "./pen.js";

/**
 * The line drawings of the studio. Draws the same pictures each time:
 *
 *   npx tsx scripts/samples/draw-lines.ts
 */
const drawings: Record<string, readonly Stroke[]> = { "line-cat": cat(), "line-house": house(), "line-flower": flower() };

function cat(): Stroke[] {
  return [
    // The head in one stroke, from the left cheek over both ears and around the chin.
    curve(
      ...([
        [20, 54],
        [20, 32],
        [23, 14],
        [30, 18],
        [40, 28],
        [50, 27],
        [60, 28],
        [70, 18],
        [77, 14],
        [80, 32],
      ] satisfies Point[]),
      ...([
        [80, 52],
        [78, 68],
        [67, 81],
        [50, 85],
        [33, 81],
        [22, 68],
        [20, 53],
      ] satisfies Point[]),
    ),
    arc([37, 52], 3, 4.5),
    arc([63, 52], 3, 4.5),
    line([45.5, 62], [54.5, 62], [50, 67], [45.5, 62.3]),
    curve([50, 67], [47.5, 73], [41, 73], [38, 69]),
    curve([50, 67], [52.5, 73], [59, 73], [62, 69]),
    curve([29, 63], [18, 61], [7, 62]),
    curve([29, 68], [18, 70], [8, 74]),
    curve([71, 63], [82, 61], [93, 62]),
    curve([71, 68], [82, 70], [92, 74]),
  ];
}

function house(): Stroke[] {
  return [
    line([21, 51], [21, 87], [79, 87], [79, 51]),
    line([11, 51], [50, 16], [89, 51], [11.5, 51]),
    line([67, 31], [67, 16], [76, 16], [76, 39]),
    line([42, 87], [42, 63], [57, 63], [57, 86]),
    arc([53.5, 76], 1),
    line([26.5, 58], [36.5, 58], [36.5, 69], [26.5, 69], [26.5, 58.5]),
    line([31.5, 58], [31.5, 69]),
    line([63, 58], [73, 58], [73, 69], [63, 69], [63, 58.5]),
    line([68, 58], [68, 69]),
    arc([50, 38], 5),
  ];
}

function flower(): Stroke[] {
  const middle: Point = [50, 34];
  const petals = Array.from({ length: 6 }, (_, index) => {
    const towards = index * 60 - 90;
    const angle = (towards * Math.PI) / 180;
    return arc([middle[0] + 17 * Math.cos(angle), middle[1] + 17 * Math.sin(angle)], 9.5, 9.5, towards - 134, towards + 134);
  });
  return [
    arc(middle, 8),
    ...petals,
    curve([50, 61], [51, 74], [49, 94]),
    curve([50, 84], [58, 71], [70, 67], [77, 68], [72, 78], [62, 84], [50.5, 85]),
    curve([49.5, 91], [41, 78], [31, 74], [24, 75], [29, 85], [38, 90], [49, 92]),
  ];
}

for (const [index, [name, strokes]] of Object.entries(drawings).entries()) {
  const picture = await penDrawing(strokes, 40 + index * 100);
  await writeFile(fileURLToPath(new URL(`../../web/public/samples/${name}.png`, import.meta.url)), picture);
  console.log(`${name}.png: ${(picture.byteLength / 1000).toFixed(1)} kB`);
}
