/** A picture that comes with the studio, under web/public. */
export interface Sample {
  url: string;
  title: string;
}

/** Photos; where they come from stands in public/samples/README.md. */
export const samplePhotos: readonly Sample[] = [
  { url: "/samples/nagasaki-boats.jpg", title: "Boats in Nagasaki" },
  { url: "/samples/alps.jpg", title: "French Alps" },
  { url: "/samples/allium.jpg", title: "Allium" },
  { url: "/samples/acanthus.jpg", title: "Acanthus" },
  { url: "/samples/airplane.jpg", title: "Airplane from above" },
];

/** Style pictures, drawn by scripts/samples/draw-styles.ts. */
export const sampleStyles: readonly Sample[] = [
  { url: "/samples/night-wind.jpg", title: "Night wind" },
  { url: "/samples/stained-glass.jpg", title: "Stained glass" },
  { url: "/samples/breakers.jpg", title: "Breakers" },
  { url: "/samples/meadow-dots.jpg", title: "Meadow in dots" },
  { url: "/samples/wet-paper.jpg", title: "Wet paper" },
  { url: "/samples/engraving.jpg", title: "Engraving" },
];

/** Line drawings, drawn by scripts/samples/draw-lines.ts. */
export const sampleDrawings: readonly Sample[] = [
  { url: "/samples/line-cat.png", title: "Cat, drawn" },
  { url: "/samples/line-house.png", title: "House, drawn" },
  { url: "/samples/line-flower.png", title: "Flower, drawn" },
];
