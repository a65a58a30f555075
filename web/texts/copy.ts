/** A button that copies a text. */
export const copyTexts = { copy: "Copy", copied: "Copied", refused: "Select and copy it" } as const;
