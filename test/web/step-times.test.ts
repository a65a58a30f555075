import { describe, expect, test } from "vitest";
import { courseTime, modelsOf, STORING, type StepTimes } from "../../web/rooms/easel/step-times";

const square = { width: 500, height: 500 };
const course = { model: "vgg19", size: 128, steps: 9, scales: 1, draft: false };
/** 10 ms and 2 µs a pixel at best, twice that at worst. */
const times: StepTimes = [64 ** 2, 192 ** 2].map((pixels) => ({
  pixels,
  fastestMs: 10 + pixels / 500,
  slowestMs: 2 * (10 + pixels / 500),
}));
const known = () => times;

/** The estimate without the factor that all of them have, ms. */
function stepsTime(...asked: Parameters<typeof courseTime>) {
  const range = courseTime(...asked);
  return range && { from: range.from / STORING, to: range.to / STORING };
}

describe("the time of a painting, from the times of its steps", () => {
  test("counts every step, the first picture included, at its size", () => {
    const range = stepsTime(course, square, known);
    expect(range?.from).toBeCloseTo(10 * (10 + 128 ** 2 / 500));
    expect(range?.to).toBeGreaterThan(range?.from ?? 0);
  });

  test("grows beyond the measured sizes: at best as between them, at worst with the pixels", () => {
    const range = stepsTime({ ...course, size: 384 }, square, known);
    expect(range?.from).toBeCloseTo(10 * (10 + 384 ** 2 / 500));
    expect(range?.to).toBeCloseTo(10 * 4 * 2 * (10 + 192 ** 2 / 500));
  });

  test("follows the proportions of the photo and the smaller pictures of the first scales", () => {
    const tall = stepsTime({ ...course, size: 384 }, { width: 250, height: 500 }, known);
    expect(tall?.from).toBeCloseTo(10 * (10 + 384 ** 2 / 2 / 500));
    const scales = stepsTime({ ...course, size: 384, scales: 2 }, square, known);
    expect(scales?.from).toBeCloseTo(4 * (10 + 192 ** 2 / 500) + 6 * (10 + 384 ** 2 / 500));
  });

  test("grows with the pixels where only one size was measured", () => {
    const slow = () => [{ pixels: 64 ** 2, fastestMs: 100, slowestMs: 120 }];
    const range = stepsTime(course, square, slow);
    expect(range?.from).toBeCloseTo(4000);
    expect(range?.to).toBeCloseTo(4800);
  });

  test("takes the first scales of a draft from the network that paints them", () => {
    const drafted = { ...course, draft: true, scales: 2 };
    expect(modelsOf(drafted)).toEqual(["vgg19", "vgg19-lite"]);
    expect(modelsOf(course)).toEqual(["vgg19"]);
    const step = (ms: number) => [{ pixels: 128 ** 2, fastestMs: ms, slowestMs: ms }];
    const range = stepsTime(drafted, square, (model) => step(model === "vgg19" ? 100 : 10));
    expect(range?.from).toBeCloseTo(4 * (10 / 4) + 6 * 100);
  });

  test("is missing while a network is not measured, and where that is impossible", () => {
    expect(stepsTime(course, square, () => null)).toBeNull();
    expect(stepsTime(course, square, () => [])).toBeNull();
  });
});
