import { describe, expect, test } from "vitest";
import { type BlinkEvent, blinkOff, nextBlink } from "../../web/rooms/compare/blink";

const blinkAfter = (count: number, ...events: BlinkEvent[]) => events.reduce((blink, event) => nextBlink(blink, event, count), blinkOff);
const on: BlinkEvent = { type: "toggle", still: false };
const tick: BlinkEvent = { type: "tick" };

describe("blinking", () => {
  test("alternates two pictures, and goes through more of them in turn", () => {
    expect(blinkAfter(2, on, tick).at).toBe(1);
    expect(blinkAfter(2, on, tick, tick).at).toBe(0);
    expect(blinkAfter(3, on, tick, tick).at).toBe(2);
  });

  test("changes only by hand for visitors who prefer less motion", () => {
    const still: BlinkEvent = { type: "toggle", still: true };
    expect(blinkAfter(2, still, tick).at).toBe(0);
    expect(blinkAfter(2, still, { type: "next" }).at).toBe(1);
    expect(blinkAfter(2, still, { type: "auto" }, tick).at).toBe(1);
  });

  test("stays at a picture that was chosen by hand", () => {
    expect(blinkAfter(2, on, { type: "next" }, tick)).toEqual({ on: true, at: 1, auto: false });
  });

  test("does nothing while it is off, and begins with the first picture again", () => {
    expect(blinkAfter(2, tick)).toEqual(blinkOff);
    expect(blinkAfter(2, on, tick, on)).toEqual(blinkOff);
  });
});
