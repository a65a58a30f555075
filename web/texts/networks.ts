/** The state of a model that is not on the server yet, on every page. */
export const networkTexts = {
  absent: (title: string, size: string) => `${title} is not on this server yet${size && ` (${size})`}.`,
  fetchNow: "Download now",
  fetchNamed: (title: string) => `Download now: ${title}`,
  fetching: (title: string) => `Downloading ${title}`,
  isFetched: (title: string, share: string, toGo: string | 0 | null) =>
    `Downloading ${title}, ${share}${toGo ? `, about ${toGo} left` : ""}`,
  stop: "Stop",
  stopNamed: (title: string) => `Stop downloading ${title}`,
  notYet: (title: string, why: string) => `${title} could not be downloaded yet. ${why} The next session that uses it tries again.`,
  cannot: (title: string, why: string) => `${title} is not available. ${why}`,
  tryAgain: "Try again",
  tryAgainNamed: (title: string) => `Try again to download ${title}`,
} as const;
