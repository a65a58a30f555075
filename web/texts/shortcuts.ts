const keyNames: Record<string, string> = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", Home: "Home", End: "End" };

/** The help sheet for the keyboard. */
export const shortcutTexts = {
  title: "Keyboard shortcuts",
  help: "Show these shortcuts",
  goTo: (room: string) => `Go to ${room}`,
  elsewhere: "In text fields, keys type as usual. Arrow keys move sliders and step through the history.",
  turn: "Use single keys as shortcuts",
  close: "Close",
  keyNames,
} as const;
