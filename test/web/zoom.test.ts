import { describe, expect, test } from "vitest";
import { actualZoom, fitted, panned, zoomedAt, zoomRange } from "../../web/parts/zoom/zoom";

const frame = { width: 400, height: 300 };
const picture = { width: 800, height: 600 };
const range = zoomRange(picture, frame, 1);

describe("the zoom of a picture in its frame", () => {
  test("knows at which zoom a pixel of the picture is a pixel of the screen", () => {
    expect(actualZoom(picture, frame, 1)).toBe(2);
    expect(actualZoom(picture, frame, 2)).toBe(1);
    expect(actualZoom({ width: 100, height: 75 }, frame, 1)).toBe(0.25);
  });

  test("ranges from the whole picture to beyond its actual size", () => {
    expect(range).toEqual({ least: 1, most: 24 });
    expect(zoomRange({ width: 100, height: 75 }, frame, 1)).toEqual({ least: 0.25, most: 3 });
    expect(zoomRange({ width: 20, height: 15 }, frame, 1).most).toBe(1);
  });

  test("keeps the point under the pointer in place", () => {
    const point = { x: 100, y: -50 };
    const view = zoomedAt(fitted, 2, point, frame, range);
    expect((point.x - view.x) / view.zoom).toBeCloseTo((point.x - fitted.x) / fitted.zoom);
    expect((point.y - view.y) / view.zoom).toBeCloseTo((point.y - fitted.y) / fitted.zoom);
  });

  test("stays within its range", () => {
    expect(zoomedAt(fitted, 1000, { x: 0, y: 0 }, frame, range).zoom).toBe(24);
    expect(zoomedAt(fitted, 0.1, { x: 0, y: 0 }, frame, range)).toEqual(fitted);
  });

  test("moves no farther than the edge of the picture", () => {
    const view = zoomedAt(fitted, 2, { x: 0, y: 0 }, frame, range);
    expect(panned(view, 150, -100, frame)).toEqual({ zoom: 2, x: 150, y: -100 });
    expect(panned(view, 1000, -1000, frame)).toEqual({ zoom: 2, x: 200, y: -150 });
    expect(panned(fitted, 10, 10, frame)).toEqual(fitted);
  });

  test("returns to the middle when the picture is made smaller", () => {
    const moved = panned(zoomedAt(fitted, 4, { x: 0, y: 0 }, frame, range), 600, 450, frame);
    expect(zoomedAt(moved, 1, { x: 50, y: 50 }, frame, range)).toEqual(fitted);
  });
});
