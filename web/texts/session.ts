/** What is said of a session of any kind. */
export const sessionTexts = {
  untitled: "Untitled",
  loading: "Loading…",
  unreachable: "The server cannot be reached. Trying again…",
  lost: "Connection lost. Reconnecting…",
  toStudio: "Back to the studio",
  inLine: (place: number) => `Waiting, number ${place} in line`,
  preparing: "Preparing",
  runsOn: (doing: string, device: string) => `${doing} on ${device}`,
  progress: "Progress",
  took: "Took",
  pause: "Pause",
  resume: "Resume",
  download: "Download",
  cancel: "Cancel",
} as const;

/** How a session stands, in a word. */
export const statusNames = {
  QUEUED: "Waiting",
  RUNNING: "Painting",
  PAUSED: "Paused",
  COMPLETED: "Finished",
  CANCELLED: "Cancelled",
  FAILED: "Failed",
} as const;
