/** A dialog that asks for a text. */
export const textDialogTexts = { cancel: "Cancel" } as const;

/** The title of a session, changed. */
export const renameTexts = {
  rename: "Rename",
  renameNamed: (title: string) => `Rename ${title}`,
  name: "Title",
} as const;

/** A note about a session. */
export const noteTexts = {
  note: "Note",
  noteFor: (title: string) => `Note about ${title}`,
  add: "Add a note",
  change: "Change the note",
  save: "Save",
} as const;

/** The star of a session. */
export const starTexts = { star: (title: string) => `Star ${title}` } as const;
