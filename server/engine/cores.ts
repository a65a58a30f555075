import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, posix } from "node:path";

/**
 * Number of cores that this process may keep busy: those of the machine, or fewer where a container has a quota
 * (Linux control groups, version 1 or 2). Half a core counts as one; at least 1.
 * @param root Folder that holds `proc` and `sys`.
 */
export function usableCores(root = "/", cores = availableParallelism()): number {
  const quota = Math.min(cores, ...groupFolders(root).map(quotaOf));
  return Math.max(1, Math.round(quota));
}

/** The folders of this process's control groups and of the groups around them, each of which may have a quota. */
function groupFolders(root: string): string[] {
  return (read(join(root, "proc/self/cgroup")) ?? "").split("\n").flatMap((line) => {
    // "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
    const [, controllers, path] = line.match(/^\d+:([^:]*):(\/.*)$/) ?? [];
    if (controllers === undefined || path === undefined) return [];
    if (controllers !== "" && !controllers.split(",").includes("cpu")) return [];
    const mounted = join(root, "sys/fs/cgroup", controllers === "" ? "" : "cpu");
    return ancestors(path).map((group) => join(mounted, group));
  });
}

/** "/a/b" -> ["/a/b", "/a", "/"] */
function ancestors(path: string): string[] {
  return path === "/" ? [path] : [path, ...ancestors(posix.dirname(path))];
}

/** Cores' worth of time that a group may use; infinite without a quota. */
function quotaOf(folder: string): number {
  const [quota, period] = (read(join(folder, "cpu.max")) ?? "").trim().split(" ").map(Number);
  if (quota && period) return quota / period;
  const [older, olderPeriod] = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) => Number(read(join(folder, name)) ?? -1));
  return older && older > 0 && olderPeriod ? older / olderPeriod : Number.POSITIVE_INFINITY;
}

/** The text of a file, or null where there is none: other systems have no control groups. */
function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
