import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenArrows, server, studio } from "../scripts/arrows.mjs";

/** Files that stand for their folders, with the folders whose files may import them. */
const importedBy: Record<string, string[]> = {
  "server/errors": serverFolders(),
  "server/records/settings": [...serverFolders("engine", "graph", "limits", "pictures", "processes", "redis"), ...webFolders()],
  "server/records/session": serverFolders("engine", "graph", "limits", "pictures", "processes", "redis"),
  "server/storage/storage": [
    "server/access",
    "server/api",
    "server/http",
    "server/exports",
    "server/sessions",
    "server/host",
    "server/fleet",
    "server/queue",
    "server/storage",
  ],
  "server/storage/fleet": [
    "server/access",
    "server/api",
    "server/http",
    "server/exports",
    "server/sessions",
    "server/host",
    "server/fleet",
    "server/queue",
    "server/storage",
  ],
  "server/storage/access": [
    "server/access",
    "server/api",
    "server/http",
    "server/exports",
    "server/sessions",
    "server/host",
    "server/fleet",
    "server/queue",
    "server/storage",
  ],
  "server/storage/films": [
    "server/access",
    "server/api",
    "server/http",
    "server/exports",
    "server/sessions",
    "server/host",
    "server/fleet",
    "server/queue",
    "server/storage",
  ],
  "server/storage/embedded/open": [],
  "server/queue/queue": ["server/api", "server/sessions", "server/host", "server/queue"],
  "server/queue/embedded": ["server/queue"],
  "server/bus/bus": ["server/access", "server/exports", "server/sessions", "server/host", "server/fleet", "server/streams", "server/bus"],
  "server/bus/embedded": ["server/bus"],
  "server/streams/reservations": ["server/api", "server/streams"],
  "server/streams/embedded": ["server/streams"],
  "server/redis/connection": ["server/redis", "server/limits", "server/storage", "server/streams", "server/queue", "server/bus"],
  "server/graph/node": ["server/graph", "server/engine", "server/models", "server/art", "server/device"],
  "server/engine/engine": ["server/engine", "server/models", "server/art", "server/device"],
  "server/models/registry": ["server/models", "server/art", "server/device", "server/sessions", "server/host", "server/fleet"],
  "server/pictures/decode": ["server/pictures", "server/art", "server/http"],
  "server/limits/table": [
    "server/access",
    "server/limits",
    "server/api",
    "server/http",
    "server/exports",
    "server/sessions",
    "server/host",
    "server/queue",
  ],
  "server/processes/script": ["server/processes", "server/pictures", "server/exports", "server/device", "server/host"],
  "server/art/work": ["server/art", "server/device", "server/host"],
  "server/art/painters": ["server/art", "server/device"],
  "server/device/messages": ["server/device", "server/host"],
  "server/access/policy": ["server/access", "server/api", "server/http"],
  "server/sessions/service": ["server/sessions", "server/exports", "server/api", "server/http", "server/host"],
  "server/telemetry/spans": ["server/api", "server/exports", "server/sessions", "server/host", "server/telemetry"],
  "server/telemetry/sdk": ["server/telemetry"],
  "server/exports/exporter": ["server/exports", "server/api", "server/http"],
  "server/host/host": ["server/host", "server/fleet"],
  "server/fleet/directory": ["server/fleet"],
  "server/api/schema": ["server/api"],
  "server/http/app": ["server/http"],
  "test/helpers/probe": [],
  "bench/probe": [],
  "web/texts/probe": webFolders(),
  "web/rooms/easel/probe": ["web/rooms/easel", "web/app"],
  "web/rooms/gallery/probe": ["web/rooms/gallery", "web/app"],
  "web/session/probe": ["web/session", "web/side-by-side", "web/rooms/easel", "web/rooms/gallery", "web/app"],
};

function serverFolders(...without: string[]): string[] {
  return Object.keys(server).flatMap((folder) => (without.includes(folder) ? [] : [`server/${folder}`]));
}

function webFolders(): string[] {
  return studio.flatMap((folder) => (folder === "rooms" ? ["web/rooms/easel", "web/rooms/gallery"] : [`web/${folder}`]));
}

const importing = [...serverFolders(), ...webFolders()];
const up = "../../../../";
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "atelier-arrows-"));
  for (const folder of ["server", "web", "scripts", "bench", "test"]) await mkdir(join(project, folder), { recursive: true });
  for (const file of Object.keys(importedBy)) await write(`${file}.ts`, "export type Probe = string;\n");
});

afterAll(() => rm(project, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text);
}

test("every import against the arrows is refused and no other, even if it imports only types", async () => {
  const probes = importing.map((folder) => ({ folder, path: `${folder}/nested/probe-${folder.replaceAll("/", "-")}.ts` }));
  for (const { folder, path } of probes) {
    const depth = up.slice(0, 3 * (folder.split("/").length + 1));
    const imports = Object.keys(importedBy).map((file, place) => `import type { Probe as P${place} } from "${depth}${file}.js";`);
    await write(path, `${imports.join("\n")}\n`);
  }
  const broken = await brokenArrows(project);
  for (const { folder, path } of probes) {
    const refused = new Set(
      broken.flatMap((arrow) => (arrow.startsWith(`${path} -> `) ? [arrow.split(" ")[2]?.replace(/\.ts$/, "")] : [])),
    );
    const closed = Object.keys(importedBy).filter((file) => !importedBy[file]?.includes(folder));
    expect([...refused].sort(), `imports refused to ${folder}`).toEqual(closed.sort());
  }
  for (const { path } of probes) await rm(join(project, path));
});

test("the adapters of the storage share only what is in folders of its own", async () => {
  const probe = (folder: string) => `server/storage/${folder}/probe.ts`;
  for (const folder of ["common", "sql"]) await write(probe(folder), "export type Probe = string;\n");
  const opening = 'import type { Probe as Open } from "../embedded/open.js";';
  const imports = ["common", "sql"].map((folder) => `import type { Probe as P${folder} } from "../${folder}/probe.js";`);
  for (const folder of ["remote", "embedded"]) await write(probe(folder), [opening, ...imports].join("\n"));
  const broken = await brokenArrows(project);
  const rule = "(an adapter of the storage that another folder of it imports)";
  expect(broken.filter((arrow) => arrow.includes("/probe.ts -> "))).toEqual([
    `${probe("remote")} -> server/storage/embedded/open.ts ${rule}`,
  ]);
  for (const folder of ["common", "sql", "remote", "embedded"]) await rm(join(project, probe(folder)));
});

test("a circle of two files is refused, even if they import only types", async () => {
  await write("server/host/one.ts", 'import type { Two } from "./two.js";\nexport type One = Two | string;\n');
  await write("server/host/two.ts", 'import type { One } from "./one.js";\nexport type Two = One[];\n');
  const broken = await brokenArrows(project);
  expect(broken.some((arrow) => arrow.includes("server/host/one.ts") && arrow.endsWith("(no circles)"))).toBe(true);
});

test("a folder without arrows is refused", async () => {
  await write("server/attic/old.ts", 'import type { Probe } from "../errors.js";\nexport type Old = Probe;\n');
  expect(await brokenArrows(project)).toContain("server/attic/old.ts -> server/errors.ts (a folder without arrows)");
});
