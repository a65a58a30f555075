/** The page of four small variations. */
export const fourTexts = {
  page: { title: "Four variations", description: "Four small paintings side by side." },
  title: "Four variations",
  lead: "Choose the one you like best: make it large, or open it to steer and branch.",
  none: "There is nothing to choose from.",
  toStudio: "New painting",
  open: "Open",
  loading: "Loading…",
} as const;
