const plain: Record<string, string> = {
  conv1_1: "Colour",
  conv2_1: "Grain",
  conv3_1: "Strokes",
  conv4_1: "Shapes",
  conv5_1: "Swirls",
};

/** What the style layers hold, for people who never read the paper. */
export const layerTexts = {
  title: "Style layers",
  help: "Fine strokes and colour in the first layers, larger forms in the last.",
  exact: (name: string, layer: string) => `Weight of ${name}, ${layer}`,
  plain: (layer: string) => plain[layer] ?? layer,
} as const;
