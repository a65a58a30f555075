import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildStale } from "../../scripts/stale.mjs";

let folder: string;
let builds: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-stale-"));
  builds = 0;
  await mkdir(join(folder, "source", "deep"), { recursive: true });
  await writeFile(join(folder, "source", "deep", "a.ts"), "one");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function target(build = async () => writeFile(join(folder, "output"), "built")) {
  return {
    name: "thing",
    inputs: [join(folder, "source"), join(folder, "not there")],
    output: join(folder, "output"),
    stamp: join(folder, "stamps", "thing"),
    ignore: (path: string) => path.endsWith("ignored.ts"),
    build: async () => {
      builds++;
      await build();
    },
  };
}

test("builds once, and then only when the name or the bytes of an input change", async () => {
  await buildStale([target()]);
  await buildStale([target()]);
  expect(builds).toBe(1);
  await writeFile(join(folder, "source", "deep", "a.ts"), "two");
  await buildStale([target()]);
  expect(builds).toBe(2);
  await writeFile(join(folder, "source", "b.ts"), "");
  await buildStale([target()]);
  expect(builds).toBe(3);
  await rm(join(folder, "source", "b.ts"));
  await buildStale([target()]);
  expect(builds).toBe(4);
  await writeFile(join(folder, "source", "ignored.ts"), "");
  await buildStale([target()]);
  expect(builds).toBe(4);
});

test("builds again when the output is missing or a build is forced", async () => {
  await buildStale([target()]);
  await rm(join(folder, "output"));
  await buildStale([target()]);
  expect(builds).toBe(2);
  expect(await readFile(join(folder, "output"), "utf8")).toBe("built");
  await buildStale([target()], { force: true });
  expect(builds).toBe(3);
});

test("a failed build does not count", async () => {
  await buildStale([target()]);
  await writeFile(join(folder, "source", "deep", "a.ts"), "two");
  await expect(buildStale([target(() => Promise.reject(new Error("no")))])).rejects.toThrow("no");
  await buildStale([target()]);
  expect(builds).toBe(3);
});

test("an edit during a build is built the next time", async () => {
  const editing = async () => {
    await writeFile(join(folder, "source", "deep", "a.ts"), "edited");
    await writeFile(join(folder, "output"), "built");
  };
  await buildStale([target(editing)]);
  await buildStale([target()]);
  expect(builds).toBe(2);
});
