import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contentSecurityPolicy } from "../../scripts/content-security-policy.mjs";
import { noteSkipped } from "../helpers/skipped.js";

const sha = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

test("inline scripts, styles and style attributes are allowed by their hashes, and nothing else is", () => {
  const policy = contentSecurityPolicy(
    `<script src="/a.js" async=""></script><script>one()</script><script id="x">two()</script>
     <p style="left:0%">a</p><p style="content:&quot;b&quot;">b</p><style>p{}</style>`,
  );
  expect(policy).toContain(`script-src 'self' ${sha("one()")} ${sha("two()")};`);
  expect(policy).toContain(`style-src 'self' ${sha("p{}")} 'unsafe-hashes' ${sha("left:0%")} ${sha('content:"b"')};`);
  expect(policy).not.toContain("unsafe-inline");
  expect(policy).not.toContain("unsafe-eval");
  expect(policy).toContain("frame-ancestors 'none'");
});

test("a page without style attributes allows none", () => {
  expect(contentSecurityPolicy("<p>a</p>")).toContain("style-src 'self';");
});

const out = new URL("../../web/out/", import.meta.url);
const built = existsSync(new URL("policies.json", out));
if (!built) noteSkipped("The studio is not built; run npm run build.");

test.skipIf(!built)("every page of the studio has its policy", () => {
  const policies: Record<string, string> = JSON.parse(readFileSync(new URL("policies.json", out), "utf8"));
  const pages = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  expect(Object.keys(policies).sort()).toEqual(pages.sort());
  for (const page of pages) expect(policies[page]).toBe(contentSecurityPolicy(readFileSync(new URL(page, out), "utf8")));
});
