import { expect, test } from "vitest";
import { colourOf } from "../../web/rooms/live/drawing-strokes";
import { padFor } from "../../web/rooms/live/pads";

test("lines are drawn in black on white; areas have colours of their own, different from the sheet", () => {
  const lines = padFor({ takes: "LINE_DRAWING" });
  expect([lines.sheet, lines.colours.map(({ value }) => value)]).toEqual(["#ffffff", ["#000000"]]);
  const areas = padFor({ takes: "LABEL_MAP" });
  const values = areas.colours.map(({ value }) => value);
  expect(new Set([areas.sheet, ...values]).size).toBe(12);
  expect(areas.begins).toBeNull();
});

test("a pen draws in its colour, and the eraser in the colour of the sheet", () => {
  expect(colourOf({ tool: "pen", colour: "#a50000" }, "#0006d9")).toBe("#a50000");
  expect(colourOf({ tool: "eraser", colour: "#a50000" }, "#0006d9")).toBe("#0006d9");
});
