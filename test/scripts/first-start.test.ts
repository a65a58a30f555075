import { spawnSync } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesUnder } from "../../scripts/stale.mjs";

const { scripts, engines } = JSON.parse(await readFile("package.json", "utf8"));
const entries = Object.entries<string>(scripts).map(([name, command]) => [name, command.split(" ").slice(1)] as const);
const oldNode = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } })`;

/** A copy of what npm's scripts need before packages are installed. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-first-start-"));
  await cp("scripts", join(folder, "scripts"), { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) await cp(file, join(folder, file));
});

afterAll(async () => {
  await chmod(folder, 0o755);
  await rm(folder, { recursive: true, force: true });
});

/** Runs Node in the copy. Returns its exit code and everything that it printed. */
function node(args: readonly string[], options: { env?: Record<string, string>; uid?: number } = {}) {
  const { env, uid } = options;
  const ended = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", uid, env: { ...process.env, ...env } });
  return { code: ended.status, output: ended.stdout + ended.stderr };
}

describe("on an old Node", () => {
  test.each(entries)("npm run %s prints one line", (_name, [script = "", ...args]) => {
    const { code, output } = node(["--import", `data:text/javascript,${encodeURIComponent(oldNode)}`, script, ...args]);
    const version = engines.node.replace(">=", "");
    expect(output).toBe(`Atelier needs Node ${version} or newer; this is Node 18.20.8. Install a newer one: https://nodejs.org\n`);
    expect(code).toBe(1);
  });

  test("the scripts parse, and import no package before the version is checked", async () => {
    for (const file of await filesUnder(join(folder, "scripts"))) {
      if (!file.endsWith(".mjs")) continue;
      const text = await readFile(file, "utf8");
      await transform(text, { target: "node18", supported: { "top-level-await": true } });
      const imported = [...text.matchAll(/^(?:import|export) (?:.* from )?"(.*)";$/gm)].map(([, name]) => name);
      expect(
        imported.filter((name) => !/^(node:|\.\/)/.test(name ?? "")),
        file,
      ).toEqual([]);
    }
  });
});

test("an install includes the development packages, which the build needs, whatever NODE_ENV is", async () => {
  await writeFile(join(folder, "npm-cli.js"), `console.log(JSON.stringify(process.argv.slice(2))); process.exit(3);`);
  const env = { NODE_ENV: "production", npm_execpath: join(folder, "npm-cli.js") };
  const { code, output } = node(["scripts/start.mjs"], { env });
  expect(output).toContain('["ci","--include=dev"]\nnpm ci failed with exit code 3\n');
  expect(code).toBe(1);
});

test.skipIf(process.platform === "win32")(
  "a read-only folder is reported in one line, whether packages or the build are missing",
  async () => {
    // Root may write anywhere, so the process belongs to another user.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    const remedy = "Run `npm run build` as a user who can write there, then start again.\n";
    await chmod(folder, 0o555);
    const { code, output } = node(["scripts/start.mjs"], { uid });
    const packages = "Packages must be installed (node_modules is missing or incomplete)";
    expect(output).toBe(`${packages}, and this user cannot write to ${folder} (EACCES). ${remedy}`);
    expect(code).toBe(1);

    await chmod(folder, 0o755);
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules", ".package-lock.json"), await readFile("node_modules/.package-lock.json"));
    await writeFile(join(folder, "package-lock.json"), await readFile("node_modules/.package-lock.json"));
    await chmod(folder, 0o555);
    const built = node(["scripts/start.mjs"], { uid });
    expect(built.output).toBe(`The server is not built, and this user cannot write to ${folder} (EACCES). ${remedy}`);
    expect(built.code).toBe(1);
  },
);
