/** The room where paintings are compared. */
export const compareTexts = {
  title: "Compare",
  none: "Select two to four paintings in the gallery to see them side by side.",
  toGallery: "To the gallery",
  differ: "What differs",
  alike: "All settings are alike.",
  setting: "Setting",
  content: "Photo",
  styles: "Style pictures",
  another: "another",
  untitled: "Untitled",
} as const;
