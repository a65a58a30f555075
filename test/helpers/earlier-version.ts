import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The migration with which several servers began to share a database: earlier versions know no fleet. */
const FIRST_SHARED = "server/storage/migrations/0013_*.sql";

/** A checkout of this repository at an earlier commit, with the packages of this one. */
export interface EarlierVersion {
  commit: string;
  root: string;
  remove(): Promise<void>;
}

/** Checks out the commit that EARLIER_COMMIT names, or the one that last changed the first migration of a shared database. */
export async function checkOutEarlier(): Promise<EarlierVersion> {
  const wanted = process.env.EARLIER_COMMIT;
  const commit = wanted ? git("rev-parse", "--short", wanted) : git("log", "-1", "--format=%h", "--", FIRST_SHARED);
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

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
