/** Names of what may be chosen among the settings; numbers have theirs in server/art/settings.ts. */
export const optimizerTitles = { ADAM: "Adam", LBFGS: "L-BFGS" } as const;

export const initialImageTitles = { CONTENT: "The photo", STYLE: "The style picture", NOISE: "Noise" } as const;

export const settingsTexts = {
  more: "More",
  optimizer: "Optimiser",
  initialImage: "Start from",
  preserveColors: "Keep the photo's colours",
  network: "Network",
  usualNetwork: "The best there is",
  rightNow: (title: string) => `Right now: ${title}`,
  notHere: (title: string) => `${title}, not here yet`,
  range: (whole: boolean, min: number, max: number) => `${whole ? "A whole number" : "A number"} from ${min} to ${max}.`,
  still: (value: number) => `Still ${value}.`,
} as const;
