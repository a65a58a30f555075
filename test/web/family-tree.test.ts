import { expect, test } from "vitest";
import { type Branching, originOf, places } from "../../web/rooms/painting/branch/family-tree";

const member = (id: string, branches: Branching[] = []): Branching => ({
  id,
  title: null,
  status: "COMPLETED",
  step: 10,
  branchedAtStep: null,
  latestFrame: null,
  branches,
});

test("the origin is the last of the parents", () => {
  expect(originOf(null)).toBeNull();
  expect(originOf({ id: "a", parent: { id: "b", parent: { id: "c", parent: null } } })).toBe("c");
  expect(originOf({ id: "a" })).toBe("a");
});

test("a family becomes a tree with numbered branches", () => {
  const tree = member("o", [member("a", [member("aa"), member("ab")]), member("b")]);
  expect(places(tree).map(({ member: { id }, generation, number }) => `${id} ${generation} ${number}`)).toEqual([
    "o 0 ",
    "a 1 1",
    "aa 2 1.1",
    "ab 2 1.2",
    "b 1 2",
  ]);
});
