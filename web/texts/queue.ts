/** The sessions that wait for their turn. */
export const queueTexts = {
  open: (count: number) => `${count} waiting`,
  title: "Waiting for their turn",
  about: "From the top, each starts as soon as there is room.",
  untitled: "Untitled",
  first: (title: string) => `Move ${title} to the top`,
  earlier: (title: string) => `Move ${title} up`,
  later: (title: string) => `Move ${title} down`,
  moved: (title: string, place: number) => `${title} is now number ${place}.`,
  more: (count: number) => `And ${count} more.`,
  close: "Close",
} as const;
