import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { displayUrl } from "../../web/parts/display-url";
import { sampleDrawings, samplePhotos, sampleStyles } from "../../web/pictures/samples";

test("an upload is shown as a thumbnail of twice its width on the page, or the widest one", () => {
  expect(displayUrl("/images/a-1", 64)).toBe("/images/a-1?w=128");
  expect(displayUrl("/images/a-1")).toBe("/images/a-1?w=2048");
});

test("frames and newly chosen pictures are shown unchanged", () => {
  for (const url of ["/frames/a-1/3", "blob:http://localhost/1"]) expect(displayUrl(url, 64)).toBe(url);
});

test("a sample has a thumbnail for pickers, which is there", () => {
  for (const { url } of [...samplePhotos, ...sampleStyles, ...sampleDrawings]) {
    expect(displayUrl(url)).toBe(url);
    const thumbnail = displayUrl(url, 64);
    expect(thumbnail).toMatch(/^\/samples\/small\/[\w-]+\.webp$/);
    expect(existsSync(new URL(`../../web/public${thumbnail}`, import.meta.url)), thumbnail).toBe(true);
  }
});
