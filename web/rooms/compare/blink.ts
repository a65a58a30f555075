/** Pictures that are shown in turn in the same place. */
export interface Blink {
  on: boolean;
  /** Place of the picture on show. */
  at: number;
  /** Whether they alternate without being asked. */
  auto: boolean;
}

export type BlinkEvent =
  /** `still`: whether the visitor prefers less motion. */
  { type: "toggle"; still: boolean } | { type: "tick" } | { type: "next" } | { type: "auto" };

export const blinkOff: Blink = { on: false, at: 0, auto: false };

/** The state after an event, with `count` pictures. A change by hand stops the changes by themselves. */
export function nextBlink(blink: Blink, event: BlinkEvent, count: number): Blink {
  const following = (blink.at + 1) % Math.max(1, count);
  switch (event.type) {
    case "toggle":
      return blink.on ? blinkOff : { on: true, at: 0, auto: !event.still };
    case "tick":
      return blink.on && blink.auto ? { ...blink, at: following } : blink;
    case "next":
      return blink.on ? { ...blink, at: following, auto: false } : blink;
    case "auto":
      return { ...blink, auto: !blink.auto };
  }
}
