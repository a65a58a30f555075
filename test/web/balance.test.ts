import { expect, test } from "vitest";
import { balanceOf, weightsAt } from "../../web/parts/balance";

test("every position of the slider is another balance, and is found again", () => {
  for (const alpha of [0.5, 1, 7]) {
    for (let position = 0; position <= 60; position++) {
      const weights = { alpha, beta: 0, ...weightsAt(position, alpha) };
      expect([alpha, position, balanceOf(weights)]).toEqual([alpha, position, position]);
    }
  }
});

test("the usual weights are in the middle, and weights beyond the slider at its ends", () => {
  expect(balanceOf({ alpha: 1, beta: 40 })).toBe(30);
  expect(weightsAt(30, 1)).toEqual({ beta: 40 });
  expect([balanceOf({ alpha: 1, beta: 0 }), balanceOf({ alpha: 1, beta: 1e6 }), balanceOf({ alpha: 0, beta: 3 })]).toEqual([0, 60, 60]);
  expect(weightsAt(60, 0)).toEqual({ alpha: 1, beta: 1600 });
  expect(weightsAt(60, 1e6)).toEqual({ beta: 1e6 });
});
