/** The dialog that shares a page. */
export const shareTexts = {
  open: "Share…",
  title: "Share",
  translation: "The link opens this translation.",
  painting: "The link opens this painting.",
  step: (step: number) => `The link opens this painting at step ${step}.`,
  experiment: "The link opens this experiment.",
  comparison: "The link opens this comparison.",
  setup: "The link opens a new painting with these pictures and settings, ready to start.",
  takenHome: "Taken home by a visitor",
  link: "Link",
  copy: "Copy the link",
  code: "QR code of the link",
  close: "Close",
  localName:
    "This address works on this computer only. Open the studio under the name that the computer has in the network, and make the link there.",
  local: "This server can be reached from this computer only, and so can the link.",
} as const;
