import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { noteSkipped } from "../helpers/skipped.js";

const out = new URL("../../web/out/", import.meta.url);
const LIMIT = 250_000;
const built = existsSync(new URL("index.html", out));
if (!built) noteSkipped("The studio is not built; run npm run build.");

test.skipIf(!built).each(["index.html", "s.html", "translate.html", "gallery.html", "models.html", "layers.html", "compare.html"])(
  "the scripts that %s loads first stay small",
  async (name) => {
    const html = await readFile(new URL(name, out), "utf8");
    // A browser that supports modules does not load scripts with `nomodule`.
    const tags = html.match(/<script[^>]*\ssrc="[^"]+"[^>]*>/g)?.filter((tag) => !/\snomodule/i.test(tag)) ?? [];
    const sources = new Set(tags.map((tag) => /src="\/([^"]+)"/.exec(tag)?.[1] ?? ""));
    expect(sources.size).toBeGreaterThan(1);
    let bytes = 0;
    for (const source of sources) bytes += gzipSync(await readFile(new URL(source, out))).byteLength;
    console.log(`${name}: ${sources.size} scripts, ${(bytes / 1000).toFixed(1)} kB with gzip`);
    expect(bytes).toBeLessThan(LIMIT);
  },
);

test.skipIf(!built)("no page loads anything from other servers", async () => {
  for (const name of ["index.html", "s.html", "translate.html", "gallery.html", "models.html", "layers.html", "compare.html"]) {
    const html = await readFile(new URL(name, out), "utf8");
    expect(html.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull();
  }
});
