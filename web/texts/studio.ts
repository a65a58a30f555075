/** Texts that every page of the studio shares. */
export const studioTexts = {
  name: "Atelier",
  description: "Watch a photo become a painting, step by step.",
  rooms: "Pages",
  paint: "Paint",
  translate: "Translate",
  live: "Live",
  layers: "Layers",
  gallery: "Gallery",
  models: "Models",
  noPage: "This page does not exist.",
  toStudio: "Back to the studio",
  unreachable: "The server cannot be reached.",
  refused: "The server refused this request.",
  impossible: "Something went wrong on the server.",
  noSession: "This session does not exist. It may have been deleted.",
  noPainting: "This painting does not exist. It may have been deleted.",
} as const;
