import { describe, expect, test } from "vitest";
import type { RunFrame } from "../../web/graphql/run-operations";
import { frameAt, newRuns, nextRuns, parseIds } from "../../web/side-by-side/runs";

const frame = (step: number): RunFrame => ({ step, url: `/frames/a/${step}`, losses: null });
const frames = [0, 1, 2, 10, 20].map(frame);

describe("several paintings side by side", () => {
  test("keep their frames in order and without duplicates", () => {
    let runs = newRuns(["a", "b"]);
    runs = nextRuns(runs, { type: "frames", id: "a", frames: frames.slice(0, 3) });
    runs = nextRuns(runs, { type: "frames", id: "a", frames: frames.slice(1) });
    expect(runs.map(({ frames: known }) => known.map(({ step }) => step))).toEqual([[0, 1, 2, 10, 20], []]);
  });

  test("fail and lose their connection one at a time", () => {
    let runs = newRuns(["a", "b"]);
    runs = nextRuns(runs, { type: "failed", id: "b", message: "gone" });
    runs = nextRuns(runs, { type: "connection", id: "a", connected: false });
    expect(runs.map(({ failure, connected }) => [failure, connected])).toEqual([
      [null, false],
      ["gone", true],
    ]);
  });

  test("show the kept frame nearest to a step or to a share of the way", () => {
    const shown = (position: Parameters<typeof frameAt>[1]) => frameAt({ frames }, position)?.step;
    expect(shown(null)).toBe(20);
    expect([0, 3, 9, 14, 99].map((at) => shown({ pace: "step", at }))).toEqual([0, 2, 10, 10, 20]);
    expect([0, 0.5, 1].map((at) => shown({ pace: "share", at }))).toEqual([0, 10, 20]);
    expect(frameAt({ frames: [] }, { pace: "step", at: 3 })).toBeNull();
  });

  test("are named in the address by their ids, each once", () => {
    expect(parseIds("a,b,a,../c,,d", 3)).toEqual(["a", "b", "d"]);
    expect(parseIds("a,b,c", 2)).toEqual(["a", "b"]);
    expect(parseIds(null, 2)).toEqual([]);
  });
});
