/** The dialog that lets a painting grow. */
export const enlargeTexts = {
  title: "Make it large",
  help: (width: number, height: number) =>
    `So far, this is a sketch of ${width} × ${height}. A copy of it is painted on, with ever finer strokes. You can watch, scrub and stop as before.`,
  size: "Size",
  extent: (width: number, height: number) => `${width} × ${height}`,
  about: (time: string) => `about ${time}`,
  cancel: "Cancel",
  start: "Paint on",
  starting: "Starting…",
  name: (root: string, size: number) => `${root} · ${size} px`,
} as const;
