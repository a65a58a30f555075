/** The page that shows what each style layer does. */
export const layersTexts = {
  page: { title: "Layers", description: "What each layer of the network adds to a painting." },
  title: "Layers",
  lead: "A network sees a painting in layers. Here the same photo is painted five times, each time with a single layer of the style.",
  photo: "Photo",
  style: "Style",
  start: "Paint one layer at a time",
  starting: "Starting…",
  again: "New experiment",
  stop: "Stop all",
  goOn: "Continue all",
  only: (name: string, layer: string) => `${name}, ${layer}`,
  sessionTitle: (name: string, photo: string, style: string) => `${name} only: ${photo}, ${style}`,
  words: {
    conv1_1: "Sees 3 pixels at a time: colours and the finest grain. It copies the palette and little else.",
    conv2_1: "Sees about 10 pixels: dots, hatching, the weave of the canvas.",
    conv3_1: "Sees about 24 pixels: single brush strokes, with their direction and width.",
    conv4_1: "Sees about 68 pixels: groups of strokes, leaves, windows, ripples.",
    conv5_1: "Sees about 156 pixels: large swirls and the arrangement on the canvas, with little regard for colour.",
  } as Record<string, string>,
  losses: {
    lead: "Each chart belongs to the painting above it. Each line shows how far one layer still is from the style, step by step: the distance between the two Gram matrices, as a share of its first value, on a logarithmic axis. The thick line is the layer that is painted; the others may follow it or not.",
    one: "How far each layer still is from the style, step by step, as a share of the first value, on a logarithmic axis.",
    chart: (title: string) => `Distance of each layer from the style: ${title}`,
  },
  formula: {
    title: "What is measured",
    text: "At each layer the network describes every place in the picture by a list of numbers F, one for each channel: how much of an edge, a colour or a ripple is there. The Gram matrix G records which channels occur together, wherever that happens: G = F·Fᵀ, summed over all places. The style term of a layer is the squared distance between the painting's G and the style's, divided by the size of the style's. Only what occurs together counts, not where: that is why strokes carry over and objects do not.",
    source: "Gatys, Ecker and Bethge, “Image Style Transfer Using Convolutional Neural Networks”, CVPR 2016.",
  },
  loading: "Loading…",
} as const;
