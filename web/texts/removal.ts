/** Deletions, which can be undone for a moment. */
export const removalTexts = {
  title: "Deletion",
  removed: (count: number) => `${count} deleted`,
  undo: "Undo",
  notRemoved: (count: number, why: string) => `${count} could not be deleted: ${why}`,
  continued: "It continues to be painted.",
} as const;
