/** Several paintings at once. */
export const sideTexts = {
  together: "All paintings together",
  play: "Play",
  stop: "Stop",
  goLive: "Latest",
  newest: "Latest of each",
  step: (step: number) => `Step ${step}`,
  share: (percent: number) => `${percent}% of the way`,
  byShare: "Match by progress instead of by step",
  picture: (title: string, step: number) => `${title} at step ${step}`,
  window: (title: string) => `${title}; arrow keys move all pictures while you are zoomed in`,
  before: "The photo that the painting starts from",
  untitled: "Untitled",
  offline: "Connection lost. Reconnecting…",
  loading: "Loading…",
} as const;
