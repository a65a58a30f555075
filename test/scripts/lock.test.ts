import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";
import { withLock } from "../../scripts/lock.mjs";

const children: ChildProcess[] = [];
const ignoreWait = () => undefined;

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Starts another process that takes the lock and holds it until it is killed. Resolves once it holds the lock. */
async function holder(name: string): Promise<ChildProcess> {
  const lock = pathToFileURL("scripts/lock.mjs").href;
  const program = `
    const { withLock } = await import(${JSON.stringify(lock)});
    await withLock(${JSON.stringify(name)}, () => {}, () => new Promise(() => console.log("held")));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

test("work under one name never overlaps", async () => {
  const name = `overlap ${process.pid}`;
  let inside = 0;
  let most = 0;
  let done = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    done++;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(name, ignoreWait, work)));
  expect({ most, done }).toEqual({ most: 1, done: 8 });
});

test("a lock whose holder was killed is taken over", async () => {
  const name = `killed ${process.pid}`;
  const child = await holder(name);
  let waits = 0;
  const result = withLock(
    name,
    () => {
      waits++;
      child.kill("SIGKILL");
    },
    async () => "mine",
  );
  expect(await result).toBe("mine");
  expect(waits).toBe(1);
});

test("work that fails releases the lock", async () => {
  const name = `failed ${process.pid}`;
  const failing = withLock(name, ignoreWait, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  const waits: string[] = [];
  await withLock(
    name,
    () => waits.push("another process holds it"),
    async () => undefined,
  );
  expect(waits).toEqual([]);
});
