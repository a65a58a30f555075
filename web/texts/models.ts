/** The page that lists the models. */
export const modelsTexts = {
  page: { title: "Models", description: "The models on this server, and how to add your own." },
  title: "Models",
  lead: "Everything here runs on this server. The models that come with Atelier are all that it needs; downloaded ones give better results.",
  tasks: {
    FEATURES: {
      title: "Models for painting",
      lead: "One of these compares the painting with the photo and the style at every step.",
    },
    TRANSLATION: { title: "Translators", lead: "Each turns one picture into another in a single pass, one at a time or live." },
  },
  usual: "Used for paintings unless you choose another",
  facts: {
    family: "Family",
    licence: "Licence",
    source: "Source",
    size: "Size",
    parameters: "Parameters",
    native: "Made for",
    parametersInMillions: (count: number) => (count < 1e6 ? `${Math.round(count / 1e3)} thousand` : `${(count / 1e6).toFixed(1)} million`),
  },
  ready: "Ready",
  sheet: "Samples",
  sheetOf: (title: string) => `Samples of ${title}`,
  use: { FEATURES: "Paint with it", TRANSLATION: "Translate with it" },
  devices: {
    title: "What computes",
    starting: "The device is starting.",
    refused: (name: string, reason: string) => `${name} is not used. ${reason}`,
  },
  loading: "Loading…",
  none: "There are none yet.",
  own: {
    title: "Add your own",
    lead: "Copy a folder with an ONNX file and a card into the server's data folder. The model appears here a moment later, without a restart:",
    example: `data/models/doors/
  card.json
  doors.onnx`,
    more: "docs/models.md explains the card and how to export a model from PyTorch. A folder that cannot be used is listed above with the reason.",
  },
} as const;
