/** The state of a session of any kind, and what to do with it. */
export const sessionTexts = {
  page: { title: "Session" },
  untitled: "Untitled",
  loading: "Loading…",
  unreachable: "Cannot reach the server. Trying again…",
  lost: "Connection lost. Reconnecting…",
  toStudio: "Start a new painting",
  removed: "This is no longer here.",
  toGallery: "To the gallery",
  inLine: (place: number) => `Waiting, number ${place} in line`,
  preparing: "Preparing",
  doing: (doing: string) => `${doing}…`,
  progress: "Progress",
  took: "Time taken",
  stop: "Stop here",
  goOn: "Continue",
  cancel: "Cancel",
} as const;

/** A session's status in a word. */
export const statusNames = {
  QUEUED: "Waiting",
  RUNNING: "Painting",
  PAUSED: "Stopped",
  COMPLETED: "Finished",
  CANCELLED: "Cancelled",
  FAILED: "Failed",
} as const;
