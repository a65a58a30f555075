/** What is said of a network that is not on the server yet, in every room. */
export const networkTexts = {
  absent: (title: string, size: string) => `${title} is not on this server yet${size && ` (${size})`}.`,
  fetchNow: "Fetch it now",
  fetchNamed: (title: string) => `Fetch it now: ${title}`,
  fetching: (title: string) => `Fetching ${title}`,
  isFetched: (title: string, share: string, toGo: string | 0 | null) =>
    `${title} is being fetched, ${share}${toGo ? `, about ${toGo} to go` : ""}`,
  stop: "Stop",
  stopNamed: (title: string) => `Stop fetching ${title}`,
  notYet: (title: string, why: string) => `${title} could not be fetched yet. ${why} A session that names it tries again.`,
  cannot: (title: string, why: string) => `${title} cannot be had. ${why}`,
  tryAgain: "Try again",
  tryAgainNamed: (title: string) => `Try again to fetch ${title}`,
} as const;
