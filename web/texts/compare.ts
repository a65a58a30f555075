/** The page that compares paintings. */
export const compareTexts = {
  page: { title: "Compare", description: "Paintings side by side, step by step." },
  title: "Compare",
  none: "Select two to four paintings in the gallery to see them side by side.",
  toGallery: "Go to the gallery",
  differ: "Differences",
  alike: "All settings are the same.",
  setting: "Setting",
  content: "Photo",
  styles: "Style pictures",
  untitled: "Untitled",
} as const;
