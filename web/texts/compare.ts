/** The page that compares paintings. */
export const compareTexts = {
  page: { title: "Compare", description: "Paintings side by side, step by step." },
  title: "Compare",
  none: "Put two to four paintings side by side. Choose them here, or select them in the gallery.",
  toGallery: "Go to the gallery",
  chooseFirst: "Choose a painting",
  chooseOther: "Compare it with",
  add: "Recent paintings",
  more: "Add another painting",
  noOthers: "There are no other paintings yet.",
  remove: "Remove",
  removeNamed: (title: string) => `Remove ${title} from the comparison`,
  swap: "Swap",
  swapTitle: "Swap left and right",
  differ: "Differences",
  alike: "All settings are the same.",
  setting: "Setting",
  content: "Photo",
  styles: "Style pictures",
  untitled: "Untitled",
} as const;

/** Paintings that are shown in turn in the same place. */
export const blinkTexts = {
  blink: "Blink",
  hint: "Shows the paintings in turn in the same place, so that every difference stands out",
  off: "Side by side",
  next: "Show next",
  auto: "Change automatically",
} as const;
