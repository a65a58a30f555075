import { sampleTitles } from "../texts/pictures";

/** A picture that comes with the studio, under web/public. */
export interface Sample {
  url: string;
  title: string;
}

/** Photos; public/samples/README.md names their sources. */
export const samplePhotos: readonly Sample[] = [
  sample("bridge.jpg"),
  sample("dahlia.jpg"),
  sample("raccoon.jpg"),
  sample("barn.jpg"),
  sample("street.jpg"),
  sample("nagasaki-boats.jpg"),
  sample("alps.jpg"),
  sample("allium.jpg"),
  sample("acanthus.jpg"),
  sample("airplane.jpg"),
];

/** Style pictures, drawn by scripts/samples/draw-styles.ts. */
export const sampleStyles: readonly Sample[] = [
  sample("night-wind.jpg"),
  sample("stained-glass.jpg"),
  sample("breakers.jpg"),
  sample("meadow-dots.jpg"),
  sample("wet-paper.jpg"),
  sample("engraving.jpg"),
];

/** Line drawings, drawn by scripts/samples/draw-lines.ts. */
export const sampleDrawings: readonly Sample[] = [sample("line-cat.png"), sample("line-house.png"), sample("line-flower.png")];

function sample(file: keyof typeof sampleTitles): Sample {
  return { url: `/samples/${file}`, title: sampleTitles[file] };
}
