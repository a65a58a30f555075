/** The painting room. */
export const paintingTexts = {
  zoom: {
    window: "The picture; arrow keys move it while it is larger than its frame",
    tools: "Zoom",
    closer: "Zoom in",
    farther: "Zoom out",
    fit: "Fit",
  },
  beside: {
    title: "Look at",
    alone: "Painting",
    photo: "With the photo",
    style: (place: number, count: number) => (count > 1 ? `With style ${place}` : "With the style"),
    nameOfPhoto: "Photo",
    nameOfStyle: "Style",
    painting: (step: number) => `Painting, step ${step}`,
  },
  filmstrip: { title: "Pictures along the way", show: (step: number) => `Step ${step}` },
  steering: {
    title: "Steered",
    at: (step: number) => `Step ${step}`,
    soon: "Next step",
    styles: "other style pictures",
    layers: "layer weights",
  },
  family: {
    title: "Branches",
    from: (step: number) => `from step ${step}`,
    orphan: (step: number) => `From step ${step} of a painting that was deleted`,
    root: "Origin",
    branch: (place: string) => `Branch ${place}`,
    here: "this one",
    compare: "Compare",
    compareWith: (name: string) => `Compare with ${name.toLowerCase()}`,
  },
  viewers: (count: number) => `${count} watching`,
  shortcuts: { branch: "Branch from here", pause: "Pause", resume: "Resume", live: "Go live" },
} as const;
