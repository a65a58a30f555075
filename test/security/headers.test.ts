import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePolicies } from "../../scripts/content-security-policy.mjs";
import { routePolicy } from "../../server/access/policy.js";
import { type RunningApp, startApp } from "../helpers/app.js";

let running: RunningApp;
let studioFolder: string;
beforeAll(async () => {
  studioFolder = await mkdtemp(join(tmpdir(), "atelier-export-"));
  await mkdir(join(studioFolder, "live"));
  for (const name of ["index", "404", "open", "s", join("live", "out")]) {
    await writeFile(join(studioFolder, `${name}.html`), `<title>${name}</title><script>run()</script><style>p {}</style>`);
  }
  await writeFile(join(studioFolder, "worker.js"), "work()");
  await writePolicies(studioFolder);
  running = await startApp({ studioFolder, publicUrl: new URL("https://atelier.example"), accessMode: "LINK" });
});
afterAll(async () => {
  await running.close();
  await rm(studioFolder, { recursive: true });
});

const read = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(running.address + path, init);
  await response.body?.cancel();
  return { status: response.status, headers: Object.fromEntries(response.headers) };
};

const everywhere = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": expect.stringMatching(/^camera=\(self\), microphone=\(\)/),
  "strict-transport-security": expect.stringMatching(/^max-age=\d{7,}$/),
};

describe("every page", () => {
  test.each(["/", "/open", "/s", "/s/abc", "/live/out/wall", "/nothing", "/s/a/b", "/graphql"])("%s", async (path) => {
    const { headers } = await read(path, { headers: { Accept: "text/html" } });
    expect(headers).toMatchObject({ ...everywhere, "cross-origin-resource-policy": "same-origin" });
    const policy = headers["content-security-policy"] ?? "";
    const directives = new Map(policy.split("; ").map((text) => [text.split(" ")[0], text.split(" ").slice(1)]));
    expect(directives.get("frame-ancestors")).toEqual(["'none'"]);
    expect(directives.get("base-uri")).toEqual(["'none'"]);
    expect(directives.get("object-src") ?? directives.get("default-src")).toEqual(["'none'"]);
    expect(policy).not.toContain("unsafe-eval");
    const scripts = directives.get("script-src") ?? [];
    expect(scripts.some((source) => source.startsWith("'sha256-"))).toBe(true);
    expect(scripts.filter((source) => source !== "'self'" && !source.startsWith("'sha256-"))).toEqual([]);
  });
});

test("a script that a worker runs has no policy of its own, so that the worker may ask the server", async () => {
  const { headers } = await read("/worker.js");
  expect(headers).toMatchObject(everywhere);
  expect(headers["content-security-policy"]).toBeUndefined();
});

const addresses = [
  ...Object.keys(routePolicy).map((route) => route.split(" ") as [string, string]),
  ...([
    ["GET", "/healthz"],
    ["GET", "/readyz"],
    ["POST", "/access"],
    ["DELETE", "/access"],
    ["POST", "/graphql"],
    ["POST", "/nothing"],
  ] as [string, string][]),
];

describe.each(["a stranger", "an admin"])("every other address, for %s", (who) => {
  test.each(addresses)("%s %s", async (method, pattern) => {
    const path = pattern.replace(":format", "png").replace("/:step", "/0").replace(/:\w+/g, "abc");
    const { headers } = await read(path, { method, headers: who === "an admin" ? running.client.credentials : {} });
    expect(headers).toMatchObject({ ...everywhere, "content-security-policy": expect.stringContaining("default-src 'none'") });
  });
});

test("what is refused for its host or origin has the headers too, and a server without https promises none", async () => {
  expect((await read("/", { headers: { Origin: "https://evil.example" } })).headers).toMatchObject(everywhere);
  const plain = await startApp();
  const response = await fetch(`${plain.address}/healthz`);
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("Strict-Transport-Security")).toBeNull();
  await response.body?.cancel();
  await plain.close();
});
