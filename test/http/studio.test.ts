import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorHandler, notFoundHandler } from "../../server/http/errors.js";
import { studio } from "../../server/http/studio.js";
import { type Answer, ask, listen } from "./server.js";

let folder: string;
let port: number;
let close: () => Promise<void>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-studio-"));
  const app = express();
  app.use(studio(join(folder, "out")));
  app.use(notFoundHandler);
  app.use(errorHandler(() => undefined));
  ({ port, close } = await listen(app));
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

const open = (path: string): Promise<Answer> => ask(port, path, { headers: { Accept: "text/html,*/*" } });

it("explains how to build the studio when it is not built", async () => {
  for (const path of ["/", "/s/abc"]) {
    const answer = await open(path);
    expect([answer.status, answer.headers["content-type"]]).toEqual([503, "text/plain; charset=utf-8"]);
    expect(answer.body.toString()).toContain("npm run build");
  }
  expect((await ask(port, "/nothing", { headers: { Accept: "application/json" } })).status).toBe(404);
});

describe("a built studio", () => {
  beforeAll(async () => {
    const out = join(folder, "out");
    await mkdir(join(out, "_next", "static"), { recursive: true });
    await writeFile(join(folder, "secret.html"), "secret");
    await writeFile(join(out, "index.html"), "<p>home</p>");
    await writeFile(join(out, "404.html"), "<p>no such page</p>");
    await writeFile(join(out, "s.html"), "<p>session</p>");
    await writeFile(join(out, "s.txt"), "payload");
    await writeFile(join(out, "icon.svg"), "<svg/>");
    await mkdir(join(out, "live"));
    await writeFile(join(out, "live", "out.html"), "<p>output</p>");
    await mkdir(join(out, "s"));
    await writeFile(join(out, "policies.json"), JSON.stringify({ "index.html": "home", "s.html": "session", "404.html": "missing" }));
    await writeFile(join(out, "s", "__next.txt"), "nested payload");
    await writeFile(join(out, "_next", "static", "chunk-1.js"), "1");
  });

  it.each([
    ["/", "<p>home</p>"],
    ["/s", "<p>session</p>"],
    ["/s?id=abc", "<p>session</p>"],
    ["/s/0b6b767d-49d6-41c3-a2f1-bd6476406028", "<p>session</p>"],
    ["/s/abc/?frame=3", "<p>session</p>"],
    ["/live/out/stage", "<p>output</p>"],
    ["/live/out/stage/?fit=1", "<p>output</p>"],
    ["/favicon.ico", "<svg/>"],
    ["/s.txt", "payload"],
    ["/s/__next.txt", "nested payload"],
  ])("serves %s", async (path, content) => {
    const answer = await open(path);
    expect([answer.status, answer.body.toString()]).toEqual([200, content]);
  });

  it("lets browsers cache only files that are named after their content", async () => {
    expect((await open("/_next/static/chunk-1.js")).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect((await open("/s/abc")).headers["cache-control"]).toBe("no-cache");
  });

  const missing = [
    "/nothing",
    "/s/a/b",
    "/_next/static/gone.js",
    "/../secret.html",
    "/%2e%2e/secret.html",
    "/..%2fsecret.html",
    "/s/..%2f..%2fsecret",
  ];

  it.each(missing)("responds to programs that request %s with JSON", async (path) => {
    const answer = await ask(port, path, { headers: { Accept: "*/*" } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.json()).toMatchObject({ code: expect.stringMatching(/NOT_FOUND|BAD_INPUT/), message: expect.any(String) });
  });

  it.each(missing)("shows browsers that request %s the page for missing pages", async (path) => {
    const answer = await open(path);
    expect([answer.status, answer.body.toString()]).toEqual([404, "<p>no such page</p>"]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "cross-origin-resource-policy": "same-origin",
      vary: expect.stringContaining("Accept"),
    });
  });

  it("reports a POST to an unknown address as JSON", async () => {
    const answer = await ask(port, "/nothing", { method: "POST", headers: { Accept: "text/html" } });
    expect([answer.status, answer.json()]).toEqual([404, expect.objectContaining({ code: "NOT_FOUND" })]);
  });

  it.each([
    ["/", "home"],
    ["/s/abc", "session"],
    ["/s?id=1", "session"],
    ["/nothing", "missing"],
    ["/s.txt", undefined],
  ])("sends %s with the policy of its page", async (path, policy) => {
    expect((await open(path)).headers["content-security-policy"]).toBe(policy);
  });
});
