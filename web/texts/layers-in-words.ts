const plain: Record<string, string> = {
  conv1_1: "Colour",
  conv2_1: "Grain",
  conv3_1: "Strokes",
  conv4_1: "Shapes",
  conv5_1: "Swirls",
};

/** The style layers in everyday words. */
export const layerWeightTexts = {
  title: "Style layers",
  help: "The first layers hold colour and fine strokes, the last ones larger shapes.",
  exact: (name: string, layer: string) => `Weight of ${name}, ${layer}`,
  plain: (layer: string) => plain[layer] ?? layer,
} as const;
