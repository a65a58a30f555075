/** What every page of the studio says. */
export const studioTexts = {
  name: "Atelier",
  description: "Watch a photo become a painting, step by step.",
  rooms: "Rooms",
  paint: "Paint",
  translate: "Translate",
  live: "Live",
  layers: "Layers",
  gallery: "Gallery",
  models: "Models",
  noPage: "There is no such page.",
  toStudio: "Back to the studio",
  unreachable: "The server cannot be reached.",
  refused: "The server refused that.",
  impossible: "The server could not do that.",
  noSession: "There is no such session. It may have been deleted.",
  noPainting: "There is no such painting. It may have been deleted.",
} as const;
