import { expect, test } from "vitest";
import { displayUrl } from "../../web/parts/display-url.js";

test("an upload is shown as a thumbnail of twice its width on the page, or the widest one", () => {
  expect(displayUrl("/images/a-1", 64)).toBe("/images/a-1?w=128");
  expect(displayUrl("/images/a-1")).toBe("/images/a-1?w=2048");
});

test("samples, frames and newly chosen pictures are shown unchanged", () => {
  for (const url of ["/samples/alps.jpg", "/frames/a-1/3", "blob:http://localhost/1"]) expect(displayUrl(url, 64)).toBe(url);
});
