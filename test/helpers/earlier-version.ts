import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

const JOURNAL = "server/storage/migrations/meta/_journal.json";
/** The migration with which several servers began to share a database: earlier versions know no fleet. */
const FIRST_SHARED = 13;

/** A checkout of this repository at an earlier commit, with the packages of this one. */
export interface EarlierVersion {
  commit: string;
  root: string;
  remove(): Promise<void>;
}

/** Checks out the commit that EARLIER_COMMIT names, or the first one with the first migration of a shared database as it is now. */
export async function checkOutEarlier(): Promise<EarlierVersion> {
  const wanted = process.env.EARLIER_COMMIT;
  const commit = wanted ? git("rev-parse", "--short", wanted) : await firstShared();
  const folder = join(await mkdtemp(join(tmpdir(), "atelier-earlier-")), "checkout");
  git("worktree", "add", "--detach", folder, commit);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return {
    commit,
    root: folder,
    async remove() {
      git("worktree", "remove", "--force", folder);
      await rm(join(folder, ".."), { recursive: true, force: true });
    },
  };
}

async function firstShared(): Promise<string> {
  const { entries } = JSON.parse(await readFile(join(root, JOURNAL), "utf8")) as { entries: { idx: number; when: number }[] };
  const when = entries.find(({ idx }) => idx === FIRST_SHARED)?.when;
  const commits = git("log", "--first-parent", "-m", `-S${when}`, "--format=%h", "--", JOURNAL).split("\n");
  const first = commits.at(-1);
  if (!first) throw new Error("The history here does not go back to the first version with a fleet: set EARLIER_COMMIT.");
  return first;
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
