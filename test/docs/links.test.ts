import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { inRoot, root } from "../../scripts/root.mjs";
import { filesUnder, repositoryPath } from "../../scripts/stale.mjs";

const folders = ["bench", "docs", "models", "web/public"];
const files = [
  ...(await readdir(root)),
  ...(await Promise.all(folders.map((folder) => filesUnder(inRoot(folder))))).flat().map((path) => repositoryPath(path)),
].filter((file) => file.endsWith(".md"));

/** The text outside code. */
async function proseOf(file: string): Promise<string> {
  const text = await readFile(inRoot(file), "utf8");
  return text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, ""));
}

/** Anchors of the headings, as GitHub makes them. */
async function anchorsOf(file: string): Promise<string[]> {
  const headings = [...(await proseOf(file)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("the pages for visitors exist", () => {
  expect(files).toEqual(expect.arrayContaining(["README.md", "docs/api.md", "docs/operate.md", "docs/live.md", "bench/README.md"]));
});

test.each(files)("the links in %s lead somewhere", async (file) => {
  const targets = [...(await proseOf(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  for (const target of targets.filter((each) => !/^[a-z]+:/.test(each))) {
    const [path = "", anchor] = target.split("#");
    const linked = path === "" ? file : join(dirname(file), path);
    await expect(access(inRoot(linked)), target).resolves.toBeUndefined();
    if (anchor !== undefined) expect(await anchorsOf(linked), target).toContain(anchor);
  }
});

/** Paths that are built, or belong to one machine. */
const notKept = /^(dist|data|web\/out|web\/\.next)(\/|$)/;

test.each(files)("the files that %s names exist", async (file) => {
  const text = await readFile(inRoot(file), "utf8");
  const named = [...text.matchAll(/(?<![\w/.-])(?:server|web|models|test|bench|scripts|docs)\/[\w@./-]*[\w/]/g)].map(([path]) => path);
  for (const path of named.filter((each) => !notKept.test(each))) {
    await expect(access(inRoot(path)), path).resolves.toBeUndefined();
  }
});

test("README has at most 1,100 words", async () => {
  const words = (await readFile(inRoot("README.md"), "utf8")).split(/\s+/).filter((word) => word !== "");
  expect(words.length).toBeLessThanOrEqual(1100);
});
