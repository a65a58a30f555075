import { describe, expect, test } from "vitest";
import { defaultSettings } from "../../server/records/settings";
import type { Painting } from "../../web/graphql/operations";
import { enlargements, usualEnlargement } from "../../web/session/enlarge/enlargements";
import { scalesOf, withoutGrowth, workFrom } from "../../web/session/growth";

const square = { id: "c", url: "/images/c", width: 600, height: 600 };
const settings = { ...defaultSettings({ size: 256 }), steps: 80, scales: 2, model: "vgg19" };

function paintingWith(changes: object[], now: object = {}): Painting {
  const initialStyles = [{ weight: 1, image: square }];
  return { content: square, initialSettings: settings, settings: { ...settings, ...now }, initialStyles, changes } as unknown as Painting;
}

test("changes from before a painting grew stay, and later ones lose size and steps", () => {
  const changes = [{ steps: 90 }, { size: 512, steps: 120, beta: 3 }, { steps: 200, alpha: 2 }];
  expect(withoutGrowth(changes)).toEqual([{ steps: 90 }, { beta: 3 }, { alpha: 2 }]);
  expect(withoutGrowth([{ steps: 90, size: null }])).toEqual([{ steps: 90, size: null }]);
});

test("the scales of a painting follow its changes, and the work left is counted in pictures of the present size", () => {
  const scales = scalesOf(
    paintingWith([
      { step: 80, size: 1024, steps: 128 },
      { step: null, steps: 400 },
    ]),
  );
  expect(scales.map(({ size, toStep }) => [size, toStep])).toEqual([
    [128, 39],
    [256, 80],
    [512, 103],
    [1024, 128],
  ]);
  expect(workFrom(scales, 104, 1024)).toBe(25);
  expect(workFrom(scales, 81, 256)).toBe(23 * 4 + 25 * 16);
});

describe("the sizes that a painting can grow to", () => {
  const last = { step: 80, computeMs: 100 };

  test("double up to the largest, with times that follow from the last picture", () => {
    const offered = enlargements(paintingWith([]), last, 1500);
    expect(offered.map(({ size, steps }) => [size, steps])).toEqual([
      [512, 104],
      [1024, 128],
      [1500, 152],
    ]);
    expect(offered[0]?.ms).toBe(100 * 24 * 4);
    expect(offered[1]?.ms).toBe(100 * (23 * 4 + 25 * 16));
  });

  test("are none where the painting is about as large as the server allows, or has no steps left", () => {
    expect(enlargements(paintingWith([]), last, 300)).toEqual([]);
    expect(enlargements(paintingWith([]), last, 256)).toEqual([]);
    expect(enlargements(paintingWith([], { steps: 5000 }), { step: 5000, computeMs: 1 }, 2048)).toEqual([]);
  });

  test("begin with the largest that takes no longer than asked", () => {
    const offered = enlargements(paintingWith([]), last, 2048);
    expect(usualEnlargement(offered, 60_000)?.size).toBe(1024);
    expect(usualEnlargement(offered, 1)?.size).toBe(512);
    expect(usualEnlargement([], 1)).toBeUndefined();
  });
});
