import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { openServerFields, policy } from "../../server/access/policy.js";

/** Sections of docs/access.md by title. */
const sections = new Map<string, string>();

beforeAll(async () => {
  for (const section of (await readFile("docs/access.md", "utf8")).split(/^(?=##+ )/m)) {
    sections.set(/^#+ (.*)/.exec(section)?.[1] ?? "", section);
  }
});

describe.each(["A class", "A museum", "A team", "A link to one painting"])("the story of %s", (title) => {
  test("fits one screen, and sets one or two variables beside those that open the server", () => {
    const story = sections.get(title) ?? "";
    expect(story.split("\n").length).toBeGreaterThan(8);
    expect(story.split("\n").length).toBeLessThanOrEqual(40);
    expect(new Set(story.match(/ATELIER_[A-Z_]+/g)).size).toBeLessThanOrEqual(2);
  });
});

test("all that a stranger may ask is listed", () => {
  const list = sections.get("What a stranger may ask") ?? "";
  for (const field of openServerFields) expect(list).toMatch(new RegExp(`server \\{ ${field}\\b`));
  const open = Object.keys(policy).filter((operation) => policy[operation]?.rule === "OPEN" && operation !== "Query.server");
  for (const operation of open) expect(list).toContain(`\`${operation.split(".")[1]}\``);
  for (const address of ["/healthz", "/readyz", "/access", "/access/sign-in", "/access/callback"]) expect(list).toContain(address);
});
