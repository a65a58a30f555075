/** The dialog that lets a painting grow. */
export const enlargeTexts = {
  title: "Make it large",
  help: (width: number, height: number) =>
    `This painting has ${width} × ${height} pixels. A larger copy continues from its last step with finer strokes, and you can watch, scrub and stop it as before. The original stays as it is.`,
  size: "Size",
  extent: (width: number, height: number) => `${width} × ${height}`,
  about: (time: string) => `about ${time}`,
  cancel: "Cancel",
  start: "Start painting",
  starting: "Starting…",
  name: (root: string, size: number) => `${root} · ${size} px`,
} as const;
