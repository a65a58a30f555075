import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { removableDataFolder } from "./helpers/data-folder.js";
import { ServerProcess, serverProgram } from "./helpers/server.js";
import { ask } from "./http/server.js";

const run = promisify(execFile);
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await removableDataFolder());
});
afterAll(() => remove());

/** Runs the command as `npm run links` does; returns what it prints, its errors too. */
const links = (...args: string[]) => linksWith({}, ...args);

/** The same with more variables. */
async function linksWith(variables: Record<string, string>, ...args: string[]): Promise<string> {
  const env = { ...process.env, ATELIER_DATA: folder, ATELIER_ACCESS: "link", ...variables };
  const { stdout, stderr } = await run(process.execPath, [...serverProgram("links-main"), ...args], { env }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  );
  return stdout + stderr;
}

/** Secrets of the browsers that opened links. */
const cookies: string[] = [];

/** Opens the link at an address that the command printed; returns the status and the role. */
async function open(server: string, printed: string): Promise<[number, unknown]> {
  const secret = printed.trim().split("#")[1];
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${server}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
  const cookie = /^atelier=([^;]+)/.exec(response.headers.get("Set-Cookie") ?? "")?.[1];
  if (cookie !== undefined) cookies.push(cookie);
  return [response.status, ((await response.json()) as { role?: string }).role];
}

/** The files of the data folder that hold one of the texts. */
async function filesWith(texts: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const path of paths) {
    const bytes = await readFile(path);
    if (texts.some((text) => bytes.includes(text))) found.push(path);
  }
  return found;
}

test("links are made and revoked while the server is stopped and while it runs, and a first admin is let in once", async () => {
  expect(await links()).toContain('npm run links -- add "Class 7b" artist');
  const early = await links("add", "Class 7b", "artist");
  expect(early).toMatch(/^http:\/\/127\.0\.0\.1:4000\/open#[\w-]{32}\n$/);
  expect(await links("add", "Class 7b", "pupil")).toContain("The role must be one of viewer, artist, admin.");
  expect(await links("add", "Fair", "viewer", "--expires", "soon")).toContain("--expires takes a date");

  const variables = { ATELIER_DATA: folder, ATELIER_ACCESS: "link", ATELIER_DEVICE: "cpu" };
  const first = new ServerProcess(variables);
  const { address } = await first.client();
  const greeting = /^ {2}(http:\S+#[\w-]{32})$/m.exec(first.output)?.[1] ?? "";
  expect(await open(address, greeting)).toEqual([200, "ADMIN"]);
  expect(await open(address, early)).toEqual([200, "ARTIST"]);
  const late = await links("add", "Fair", "viewer", "--expires", "2999-01-01");
  expect(late.startsWith(`${address}/open#`)).toBe(true);
  expect(await open(address, late)).toEqual([200, "VIEWER"]);
  const listed = await links("list");
  expect(listed).toMatch(/viewer {2}open {5}Fair\n.*admin {3}open {5}First admin\n.*artist {2}open {5}Class 7b/);
  const token = await links("token", "Nightly film", "viewer");
  expect(token).toMatch(/^[\w-]{32}\n$/);
  expect(await open(address, `#${token}`)).toEqual([401, undefined]);
  const asked = () => fetch(`${address}/schema.graphql`, { headers: { Authorization: `Bearer ${token.trim()}` } });
  expect((await asked()).status).toBe(200);
  const tokenId = /^(\S+) {2}viewer {2}open {5}Nightly film \(token\)/m.exec(await links())?.[1] ?? "";
  await links("revoke", tokenId);
  expect((await asked()).status).toBe(401);
  const id = /^(\S+) {2}artist/m.exec(listed)?.[1] ?? "";
  expect(await links("revoke", id)).toContain("Revoked");
  expect(await open(address, early)).toEqual([401, undefined]);
  expect(await links("revoke", "nobody")).toContain("There is no such link.");

  const { secret } = JSON.parse(await readFile(join(folder, "operator.json"), "utf8")) as { secret: string };
  expect(((await stat(join(folder, "operator.json"))).mode & 0o777).toString(8)).toBe("600");
  await first.end();
  await expect(stat(join(folder, "operator.json"))).rejects.toThrow();
  expect(await links("list")).toMatch(/artist {2}revoked {2}Class 7b/);
  const spare = await links("token", "Backup", "artist");
  expect(spare).toMatch(/^[\w-]{32}\n$/);
  const backup = /^(\S+) .* {2}Backup \(token\)$/m.exec(await links())?.[1] ?? "";
  expect(await links("revoke", backup)).toContain("Revoked");

  const second = new ServerProcess(variables);
  const again = (await second.client()).address;
  // There is an admin already, and the secret of the commands was another one.
  expect(second.output).not.toContain("#");
  const response = await fetch(`${again}/metrics`, { headers: { Authorization: `Bearer ${secret}` } });
  expect(response.status).toBe(401);
  await second.end();
  const log = await readFile(join(folder, "audit.log"), "utf8");
  const entries = log
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<"name" | "action" | "about", unknown>]));
  const what = (who: string) => entries.filter(({ name }) => name === who).map(({ action, about }) => ({ action, ...(about as object) }));
  expect(what("The server")).toEqual([{ action: "First admin", link: expect.any(String) }]);
  expect(what("npm run links")).toEqual([
    { action: "Mutation.createLink", name: "Class 7b", role: "ARTIST", link: id },
    { action: "Mutation.createToken", name: "Backup", role: "ARTIST", link: backup },
    { action: "Mutation.revokeLink", id: backup },
  ]);
  // The server keeps the hashes of secrets alone. The file with that of the commands is gone, as it is while the server is stopped.
  const secrets = [greeting, early, late, token, spare, secret, ...cookies].map((text) => text.trim().split("#").at(-1) ?? "");
  expect(cookies).toHaveLength(3);
  expect(secrets.filter((each) => !/^[\w-]{32}$/.test(each))).toEqual([]);
  expect(await filesWith(secrets)).toEqual([]);
  expect(first.output.replace(greeting, "") + second.output).not.toMatch(/[\w-]{32}/);
});

/** Gives a process the interfaces of a laptop with Docker, whose address in its network is 192.0.2.7. */
const laptop = `import os from "node:os";
  import { syncBuiltinESMExports } from "node:module";
  const info = (address, family, internal = false) => ({ address, family, internal });
  os.networkInterfaces = () => ({
    lo: [info("127.0.0.1", "IPv4", true), info("::1", "IPv6", true)],
    docker0: [info("172.17.0.1", "IPv4")],
    eth0: [info("169.254.3.4", "IPv4"), info("fe80::1", "IPv6")],
    wlan0: [info("2001:db8::7", "IPv6"), info("192.0.2.7", "IPv4")],
  });
  syncBuiltinESMExports();`;

test("a server for other machines prints its links as they open there too, and says which opens on this machine alone", async () => {
  const data = await removableDataFolder();
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(laptop)}`;
  const variables = { ATELIER_DATA: data.folder, ATELIER_ACCESS: "link", NODE_OPTIONS };
  const early = await linksWith({ ...variables, HOST: "192.0.2.9" }, "add", "Class 7b", "artist");
  expect(early).toMatch(/^http:\/\/192\.0\.2\.9:4000\/open#[\w-]{32}\n$/);

  const server = new ServerProcess({ ...variables, ATELIER_DEVICE: "cpu", HOST: "0.0.0.0" });
  onTestFinished(async () => {
    await server.end();
    await data.remove();
  });
  const { address } = await server.client();
  const { port } = new URL(address);
  const both = (indent: string) =>
    new RegExp(
      `^${indent}http://127\\.0\\.0\\.1:${port}(/open#[\\w-]{32})\n${indent}http://192\\.0\\.2\\.7:${port}\\1\n${indent}The first opens on this machine alone`,
      "m",
    );
  expect(server.output).toMatch(both("  "));
  // The command need not be given the server's variables.
  expect(await linksWith(variables, "add", "Class 7c", "artist")).toMatch(both(""));
  expect((await ask(Number(port), "/healthz", { headers: { Host: `192.0.2.7:${port}` } })).status).toBe(200);
});
