/** The room of the models. */
export const modelsTexts = {
  title: "Models",
  lead: "Everything here runs on this server. What comes with Atelier was trained by it; what is fetched makes it better, never possible.",
  tasks: {
    FEATURES: {
      title: "Networks that paintings are seen with",
      lead: "A painting compares itself with the photo and the style through the eyes of one of these.",
    },
    TRANSLATION: { title: "Translators", lead: "Each turns one picture into another in a single run, one by one or live." },
  },
  usual: "Paintings use it unless another is chosen",
  facts: {
    family: "Family",
    licence: "Licence",
    source: "Source",
    size: "Size",
    parameters: "Parameters",
    native: "Made for",
    pixels: (size: number) => `${size} px`,
    parametersInMillions: (count: number) => (count < 1e6 ? `${Math.round(count / 1e3)} thousand` : `${(count / 1e6).toFixed(1)} million`),
  },
  ready: "Ready",
  sheet: "Samples",
  sheetOf: (title: string) => `Samples of ${title}`,
  use: { FEATURES: "Paint with it", TRANSLATION: "Translate with it" },
  loading: "Loading…",
  none: "There is none.",
  own: {
    title: "Your own",
    lead: "Put a folder into the server's data folder while it runs; the model appears here a moment later. An ONNX file and a card are enough:",
    example: `data/models/doors/
  card.json
  doors.onnx`,
    more: "What stands in the card, and how to export a network from PyTorch, is in docs/models.md. A folder that cannot be used is listed above with the reason.",
  },
} as const;
