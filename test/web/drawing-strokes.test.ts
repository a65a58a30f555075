import { describe, expect, test } from "vitest";
import {
  type Drawing,
  type DrawingAction,
  draw,
  emptyDrawing,
  type Stroke,
  visibleStrokes,
  wasCleared,
} from "../../web/rooms/live/drawing-strokes";

const stroke = (x: number): Stroke => ({ tool: "pen", colour: "#000000", width: 5, points: [[x, 0, 1]] });
const drawn = (...actions: DrawingAction[]): Drawing => actions.reduce(draw, emptyDrawing);
const begin = (x: number): DrawingAction => ({ type: "begin", stroke: stroke(x) });

describe("a drawing", () => {
  test("grows by strokes and their points", () => {
    const drawing = drawn(begin(1), { type: "extend", points: [[2, 3, 0.5]] }, begin(9));
    expect(visibleStrokes(drawing).map(({ points }) => points)).toEqual([
      [
        [1, 0, 1],
        [2, 3, 0.5],
      ],
      [[9, 0, 1]],
    ]);
  });

  test("undoes and redoes strokes until something new is drawn", () => {
    const undone = drawn(begin(1), begin(2), { type: "undo" });
    expect(visibleStrokes(undone)).toEqual([stroke(1)]);
    expect(visibleStrokes(draw(undone, { type: "redo" }))).toEqual([stroke(1), stroke(2)]);
    expect(draw(draw(undone, begin(3)), { type: "redo" })).toEqual(drawn(begin(1), begin(3)));
  });

  test("can be cleared, and undo brings the strokes back", () => {
    const cleared = drawn(begin(1), { type: "clear" });
    expect([visibleStrokes(cleared), wasCleared(cleared)]).toEqual([[], true]);
    expect(visibleStrokes(draw(cleared, begin(2)))).toEqual([stroke(2)]);
    const back = draw(cleared, { type: "undo" });
    expect([visibleStrokes(back), wasCleared(back)]).toEqual([[stroke(1)], false]);
  });

  test("stays the same when there is nothing to undo, redo or extend", () => {
    for (const type of ["undo", "redo"] as const) expect(draw(emptyDrawing, { type })).toBe(emptyDrawing);
    expect(draw(emptyDrawing, { type: "extend", points: [[1, 1, 1]] })).toBe(emptyDrawing);
  });

  test("can be cleared of the drawing that a sheet begins with", () => {
    expect(wasCleared(drawn({ type: "clear" }))).toBe(true);
    expect(drawn({ type: "clear" }, { type: "clear" })).toEqual(drawn({ type: "clear" }));
  });
});
