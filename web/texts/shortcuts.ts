const keyNames: Record<string, string> = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", Home: "Home", End: "End" };

/** The keyboard's help sheet, and what keys do. */
export const shortcutTexts = {
  title: "Keyboard shortcuts",
  help: "Show this sheet",
  goTo: (room: string) => `Go to ${room}`,
  elsewhere: "In a field keys write, as ever. Arrow keys move sliders and the history.",
  turn: "Single keys are shortcuts",
  close: "Close",
  keyNames,
} as const;
