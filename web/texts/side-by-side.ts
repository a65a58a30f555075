/** Several paintings at once. */
export const sideTexts = {
  together: "All together",
  play: "Play",
  stop: "Stop",
  goLive: "Newest",
  newest: "Newest of each",
  step: (step: number) => `Step ${step}`,
  share: (percent: number) => `${percent} % of the way`,
  byShare: "By share of the way, as their lengths differ",
  picture: (title: string, step: number) => `${title} at step ${step}`,
  before: "The photo that the painting begins with",
  untitled: "Untitled",
  offline: "Connection lost. Reconnecting…",
  loading: "Loading…",
} as const;
