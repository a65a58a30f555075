import { expect, test } from "vitest";
import { displayUrl } from "../../web/parts/display-url.js";

test("an upload is shown as a copy of twice its width on the page, at most the widest one", () => {
  expect(displayUrl("/images/a-1", 64)).toBe("/images/a-1?w=128");
  expect(displayUrl("/images/a-1")).toBe("/images/a-1?w=2048");
});

test("samples, frames and pictures that were just chosen are shown as they are", () => {
  for (const url of ["/samples/alps.jpg", "/frames/a-1/3", "blob:http://localhost/1"]) expect(displayUrl(url, 64)).toBe(url);
});
