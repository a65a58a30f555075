/** The dialog that downloads a picture, a film or the settings. */
export const exportTexts = {
  open: "Export…",
  title: "Export",
  format: "Format",
  size: "Size",
  picture: (step: number, beside: string | null) =>
    beside === null ? `Picture at step ${step}` : `Picture at step ${step}, beside ${beside.toLowerCase()}`,
  film: "Time-lapse",
  filmAs: (format: string) => `Time-lapse, ${format}`,
  settings: "Settings and losses",
  settingsAs: (format: string) => `Settings, ${format}`,
  extent: (width: number, height: number) => `${width} × ${height}`,
  aboutPicture: "The settings are in the file: drop it onto a new painting to use them again.",
  aboutFilm: "A film of all steps, from the first to the last.",
  aboutSettings: "Everything that the painting was made with, to repeat it with the same pictures.",
  close: "Close",
  download: "Download",
  make: "Create",
  stop: "Stop",
  making: "Creating the time-lapse",
  toGo: (time: string) => `About ${time} left`,
} as const;
