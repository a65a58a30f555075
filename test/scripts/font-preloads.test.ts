import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withFontPreloads } from "../../scripts/font-preloads.mjs";
import { noteSkipped } from "../helpers/skipped.js";

const font = '<link rel="preload" href="/a.woff2" as="font" crossorigin="" type="font/woff2"/>';
const picture = '<link rel="preload" as="image" href="/a.jpg"/>';
const style = '<link rel="stylesheet" href="/a.css"/>';

test("a page without fonts of its own gets those of another one, and nothing else of it, before its styles", () => {
  const other = `<head>${font}${picture}${font}${style}</head>`;
  expect(withFontPreloads(`<head>${style}${style}</head>`, other)).toBe(`<head>${font}${font}${style}${style}</head>`);
  expect(withFontPreloads(other, `${font}${style}`)).toBe(other);
  expect(withFontPreloads(`<head>${style}</head>`, style)).toBe(`<head>${style}</head>`);
});

const built = join(import.meta.dirname, "../../web/out");
const isBuilt = existsSync(join(built, "index.html"));
if (!isBuilt) noteSkipped("The studio is not built; run npm run build.");

test.skipIf(!isBuilt).each(["index.html", "models.html", "404.html"])(
  "the studio's %s loads three fonts before it is shown",
  async (page) => {
    const html = await readFile(join(built, page), "utf8");
    const fonts = [...html.matchAll(/<link rel="preload" href="(\/_next\/[^"]+\.woff2)" as="font"/g)].map(([, address]) => address);
    expect(new Set(fonts).size).toBe(3);
  },
);
