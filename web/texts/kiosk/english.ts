import { sampleTitles } from "../pictures";
import type { KioskTexts } from "./kiosk-texts";

export const english: KioskTexts = {
  heading: "Paintings in the making",
  paintMe: "Paint me",
  choose: "Choose a style",
  back: "Back",
  look: "Look at the camera",
  noCamera: "The camera is not available right now.",
  painting: (photo, style) => `${photo}, in the style of ${style}`,
  inStyle: (style) => `In the style of ${style}`,
  untitled: "A painting in the making",
  style: (place) => `Style ${place}`,
  you: "You",
  step: (step, steps) => `Step ${step} of ${steps}`,
  finished: "Finished",
  waiting: "One moment, please",
  offline: "Connection lost. Reconnecting…",
  privacy:
    "Your picture stays within this exhibition. It is deleted, together with the painting, after the painting has been shown, unless you take it home.",
  privacyKept: "Your picture stays within this exhibition.",
  takeHome: "Take it home",
  takeHomeHint: "Scan a code with your phone. Otherwise your photo and the painting are deleted now.",
  takeHomeHintKept: "Scan a code with your phone.",
  scan: "Scan to take it home",
  scanHint: (hours) => `The link works for ${hours === 1 ? "an hour" : `${hours} hours`}.`,
  scanFailed: "This is not possible right now.",
  home: {
    title: "Your painting",
    download: "Download",
    until: (when) => `This link works until ${when}. Then the painting and your photo are deleted.`,
    gone: "This painting is no longer here.",
    working: "The painting is not finished yet.",
  },
  fullScreen: "Full screen",
  broken: "One moment, please. This page is restarting.",
  titles: sampleTitles,
};
