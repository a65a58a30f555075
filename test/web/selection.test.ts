import { expect, test } from "vitest";
import { nothingSelected, stillThere, toggled } from "../../web/rooms/gallery/selection";

const order = ["a", "b", "c", "d", "e"];
const list = ({ ids }: typeof nothingSelected) => [...ids].sort();

test("sessions are selected and deselected one by one", () => {
  const one = toggled(nothingSelected, "b", false, order);
  expect(list(one)).toEqual(["b"]);
  expect(list(toggled(one, "b", false, order))).toEqual([]);
});

test("a range from the last session is selected and deselected in either direction", () => {
  const range = toggled(toggled(nothingSelected, "d", false, order), "b", true, order);
  expect(list(range)).toEqual(["b", "c", "d"]);
  expect(list(toggled(range, "d", true, order))).toEqual([]);
  expect(list(toggled(nothingSelected, "c", true, order))).toEqual(["c"]);
});

test("a removed session is not selected any more", () => {
  const some = toggled(toggled(nothingSelected, "a", false, order), "c", true, order);
  expect(list(stillThere(some, ["a", "d"]))).toEqual(["a"]);
  expect(stillThere(some, order)).toBe(some);
});
