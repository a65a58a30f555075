import { describe, expect, test } from "vitest";
import { type KioskEvent, type KioskState, nextKiosk, opening, pauseAfter, sessionOf } from "../../web/rooms/kiosk/machine";
import { pairAt } from "../../web/rooms/kiosk/options";

const guest = { imageId: "me", styleUrl: "/s" };
const states: Record<KioskState["phase"], KioskState> = {
  starting: { phase: "starting", place: 4, guest: null, failures: 1 },
  painting: { phase: "painting", place: 4, guest, failures: 1, sessionId: "a" },
  showing: { phase: "showing", place: 4, guest, sessionId: "a", takings: 0 },
  resting: { phase: "resting", place: 4, failures: 2 },
  choosing: { phase: "choosing", place: 4 },
  counting: { phase: "counting", place: 4, styleUrl: "/s" },
};
const events: KioskEvent[] = [
  { type: "started", sessionId: "b" },
  { type: "finished" },
  { type: "failed" },
  { type: "elapsed" },
  { type: "visited" },
  { type: "styled", styleUrl: "/t" },
  { type: "taken", imageId: "you" },
  { type: "left" },
  { type: "took-home" },
];
/** Phase after each event in each phase; a dash where nothing changes. */
const table: Record<KioskState["phase"], string[]> = {
  starting: ["painting", "-", "resting", "-", "choosing", "-", "-", "-", "-"],
  painting: ["-", "showing", "resting", "-", "choosing", "-", "-", "-", "-"],
  showing: ["-", "-", "-", "starting", "choosing", "-", "-", "-", "showing"],
  resting: ["-", "-", "-", "starting", "choosing", "-", "-", "-", "-"],
  choosing: ["-", "-", "-", "-", "-", "counting", "-", "starting", "-"],
  counting: ["-", "-", "-", "-", "-", "-", "starting", "starting", "-"],
};

describe("the loop of an exhibition", () => {
  test.each(Object.entries(table))("every event while it is %s", (phase, expected) => {
    const state = states[phase as KioskState["phase"]];
    const got = events.map((event) => {
      const next = nextKiosk(state, event);
      return next === state ? "-" : next.phase;
    });
    expect(got).toEqual(expected);
  });

  test("goes to the next pair after a painting, a failure and a visitor", () => {
    for (const [state, event] of [
      [states.showing, { type: "elapsed" }],
      [states.resting, { type: "elapsed" }],
      [states.choosing, { type: "left" }],
    ] as const) {
      expect(nextKiosk(state, event)).toMatchObject({ phase: "starting", place: 5, guest: null });
    }
  });

  test("paints a visitor in the chosen style", () => {
    expect(nextKiosk(states.counting, { type: "taken", imageId: "you" })).toEqual({
      phase: "starting",
      place: 4,
      guest: { imageId: "you", styleUrl: "/s" },
      failures: 0,
    });
    expect([sessionOf(states.painting), sessionOf(states.showing), sessionOf(opening)]).toEqual(["a", "a", null]);
  });

  test("lets a visitor take a painting home, but not one of the loop", () => {
    expect(nextKiosk(states.showing, { type: "took-home" })).toEqual({ ...states.showing, takings: 1 });
    const loop = { ...states.showing, guest: null } as KioskState;
    expect(nextKiosk(loop, { type: "took-home" })).toBe(loop);
  });

  test("waits longer after each failure, at most a minute, and forgets failures after a success", () => {
    expect([1, 2, 3, 10].map(pauseAfter)).toEqual([2000, 4000, 8000, 60_000]);
    expect(nextKiosk(states.resting, { type: "elapsed" })).toMatchObject({ failures: 2 });
    expect(nextKiosk(states.showing, { type: "elapsed" })).toMatchObject({ failures: 0 });
  });

  test("pairs every photo with every style", () => {
    const [photos, styles] = [
      ["a", "b", "c", "d"],
      ["x", "y"],
    ];
    const met = Array.from({ length: 8 }, (_, place) => pairAt(photos, styles, place)).map(({ photo, style }) => photo + style);
    expect(new Set(met).size).toBe(8);
  });
});
