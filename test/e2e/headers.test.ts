import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inRoot } from "../../scripts/root.mjs";
import { describeStudio } from "../helpers/studio.js";

describeStudio("the pages that are exported", {}, (studio) => {
  test("each has a strict policy of its own, and the headers of all", async () => {
    const out = inRoot(join("web", "out"));
    const files = (await readdir(out, { recursive: true })).filter((name) => name.endsWith(".html"));
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) {
      const path = `/${file
        .replaceAll("\\", "/")
        .replace(/(^|\/)index\.html$/, "$1")
        .replace(/\.html$/, "")}`;
      const response = await fetch(studio.server.address + path, { headers: { Accept: "text/html" } });
      await response.body?.cancel();
      const headers = Object.fromEntries(response.headers);
      expect(headers, path).toMatchObject({
        "content-security-policy": expect.stringMatching(/script-src 'self' 'sha256-.*frame-ancestors 'none'/),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": expect.stringContaining("camera=(self)"),
      });
      expect(headers["content-security-policy"], path).not.toContain("unsafe-eval");
      expect(headers["content-security-policy"], path).not.toContain("'unsafe-inline'");
    }
  });

  test("GraphiQL runs an operation under its policy", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/graphql?query=%7B%20server%20%7B%20version%20%7D%20%7D");
    await page.getByRole("button", { name: /execute query/i }).click();
    await page.locator(".result-window, .graphiql-response").getByText("version").first().waitFor();
    expect(complaints.filter((complaint) => /Content.Security.Policy/i.test(String(complaint)))).toEqual([]);
  });
});
