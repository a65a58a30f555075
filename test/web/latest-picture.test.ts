import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LatestPicture } from "../../web/parts/latest-picture";

/** A picture of the browser, which here is its address. */
class Bitmap {
  readonly width = 4;
  readonly height = 3;
  constructor(readonly url: string) {}
  readonly close = vi.fn();
}

let answers: Map<string, Response | Error>;
let asked: string[];
const shown: string[] = [];
const missing: string[] = [];

beforeEach(() => {
  [answers, asked] = [new Map(), []];
  shown.length = missing.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal("ImageBitmap", Bitmap);
  vi.stubGlobal("createImageBitmap", async (blob: Blob) => new Bitmap(await blob.text()));
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 0));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const answer = answers.get(url) ?? new Response(url);
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(): LatestPicture {
  const canvas = { width: 4, height: 3, getContext: () => ({ drawImage: () => undefined }) } as unknown as HTMLCanvasElement;
  return new LatestPicture(
    canvas,
    (url) => shown.push(url),
    (url) => missing.push(url),
  );
}

test.each([new Response("", { status: 503 }), new TypeError("Failed to fetch")])(
  "asks for the newest picture until it comes",
  async (answer) => {
    answers.set("last", answer);
    open().offer("last");
    await vi.advanceTimersByTimeAsync(1500);
    expect([asked, shown]).toEqual([["last", "last"], []]);
    answers.clear();
    await vi.advanceTimersByTimeAsync(2500);
    expect(shown).toEqual(["last"]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toEqual(["last", "last", "last"]);
  },
);

test("does not ask again for one that a newer one has replaced, that no longer exists, or that is not wanted any more", async () => {
  const latest = open();
  answers.set("old", new Response("", { status: 503 })).set("gone", new Response("", { status: 404 }));
  latest.offer("old");
  await vi.advanceTimersByTimeAsync(10);
  latest.offer("new");
  await vi.advanceTimersByTimeAsync(120_000);
  expect([asked, shown]).toEqual([["old", "new"], ["new"]]);
  latest.offer("gone");
  await vi.advanceTimersByTimeAsync(120_000);
  expect([asked.slice(2), missing]).toEqual([["gone"], ["gone"]]);
  latest.offer("old");
  await vi.advanceTimersByTimeAsync(10);
  latest.drop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(asked.slice(3)).toEqual(["old"]);
});
