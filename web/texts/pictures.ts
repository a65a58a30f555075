/** Choosing pictures. */
export const pictureTexts = {
  own: (well: string) => `Pictures of this server for ${well.toLowerCase()}`,
  ownTitle: "Pictures of this server",
  ownHint: "What was uploaded here or kept before, newest first.",
  ownNone: "There is none yet.",
  pick: (place: number) => `Picture ${place}`,
  more: "Show older",
  close: "Close",
  loading: "Loading…",
  camera: (well: string) => `Take a picture for ${well.toLowerCase()}`,
  cameraTitle: "Take a picture",
  cameraView: "What the camera sees",
  opening: "Opening the camera…",
  take: "Take it",
  again: "Try again",
  fileName: "Camera.jpg",
} as const;
