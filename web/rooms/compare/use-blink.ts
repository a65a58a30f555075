import { useEffect, useState } from "react";
import { useShortcut } from "../../shortcuts/use-shortcut";
import { blinkTexts as texts } from "../../texts/compare";
import { blinkOff, nextBlink } from "./blink";

/** Time for which each picture is shown, ms. */
const EACH_MS = 500;
const LESS_MOTION = "(prefers-reduced-motion: reduce)";

export interface Blinking {
  on: boolean;
  /** Place of the picture on show. */
  at: number;
  /** Whether the pictures alternate without being asked. */
  auto: boolean;
  toggle(): void;
  next(): void;
  toggleAuto(): void;
}

/**
 * Shows several pictures in turn in the same place. They alternate by themselves unless the visitor prefers less motion;
 * then each change is asked for.
 */
export function useBlink(count: number): Blinking {
  const [state, setState] = useState(blinkOff);
  const can = count > 1;
  const { on, auto, at } = state;
  const toggle = () => setState((known) => nextBlink(known, { type: "toggle", still: matchMedia(LESS_MOTION).matches }, count));
  const next = () => setState((known) => nextBlink(known, { type: "next" }, count));

  useEffect(() => {
    if (!can || !on || !auto) return;
    const timer = setInterval(() => setState((known) => nextBlink(known, { type: "tick" }, count)), EACH_MS);
    return () => clearInterval(timer);
  }, [can, on, auto, count]);
  useShortcut("b", texts.blink, can ? toggle : null);
  useShortcut("n", texts.next, can && on ? next : null);

  return {
    on: can && on,
    at: Math.min(at, count - 1),
    auto,
    toggle,
    next,
    toggleAuto: () => setState((known) => nextBlink(known, { type: "auto" }, count)),
  };
}
