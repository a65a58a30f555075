import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Where each room lies, and which rooms it may import. */
const rooms: Record<string, { folder: string; mayImport: string[] }> = {
  api: { folder: "server/api", mayImport: ["sessions", "exports", "models"] },
  http: { folder: "server/http", mayImport: ["sessions", "exports", "models"] },
  exports: { folder: "server/exports", mayImport: ["sessions", "models"] },
  sessions: { folder: "server/sessions", mayImport: ["models"] },
  host: { folder: "server/host", mayImport: ["sessions", "device", "models"] },
  queue: { folder: "server/queue", mayImport: [] },
  bus: { folder: "server/bus", mayImport: [] },
  storage: { folder: "server/storage", mayImport: [] },
  device: { folder: "server/device", mayImport: ["art", "graph", "engine", "models"] },
  art: { folder: "server/art", mayImport: ["graph", "engine", "models"] },
  engine: { folder: "server/engine", mayImport: ["graph"] },
  graph: { folder: "server/graph", mayImport: [] },
  models: { folder: "models", mayImport: ["graph"] },
  web: { folder: "web", mayImport: [] },
};

/** Interfaces whose adapters only main.ts knows. */
const interfaces = ["server/queue/queue", "server/bus/bus", "server/storage/storage"];
const painter = ["server/art/painter", "server/art/settings"];
const session = ["server/sessions/session"];

/** Single files that a room may import from rooms that are closed to it. */
const singleFiles: Record<string, string[]> = {
  api: [...interfaces, ...painter],
  http: [...interfaces, ...painter],
  exports: [...interfaces, ...painter],
  sessions: [...interfaces, ...painter, "server/art/work"],
  host: [...interfaces, ...painter, "server/art/work"],
  bus: session,
  storage: [...session, ...painter],
  web: ["server/art/settings"],
};

const imported = [
  ...Object.values(rooms).map(({ folder }) => `${folder}/probe`),
  ...interfaces,
  ...painter,
  ...session,
  "server/art/work",
  // Belongs to no room: open to all of the server.
  "server/errors",
];
const up = "../../../../";
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "atelier-arrows-"));
  await cp("biome.json", join(project, "biome.json"));
  const source = imported.map((file) => `import "${up}${file}.js";`).join("\n");
  for (const { folder } of Object.values(rooms)) {
    const file = join(project, folder, "nested", "probe.ts");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, source);
  }
});

afterAll(() => rm(project, { recursive: true, force: true }));

test("the linter refuses every import against the arrows between rooms, and no other", () => {
  const refused = refusedImports();
  for (const [room, { folder, mayImport }] of Object.entries(rooms)) {
    const closed = imported.filter((file) => {
      const owner = Object.entries(rooms).find(([, other]) => file.startsWith(`${other.folder}/`))?.[0];
      if (owner === undefined) return room === "web";
      return owner !== room && !mayImport.includes(owner) && !singleFiles[room]?.includes(file);
    });
    expect(refused.get(folder)?.sort() ?? [], `imports refused to ${room}`).toEqual(closed.sort());
  }
});

/** What the linter refuses, by folder of the importing file. */
function refusedImports(): Map<string, string[]> {
  const biome = join(process.cwd(), "node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [biome, "lint", "--only=style/noRestrictedImports", "--max-diagnostics=none", "--reporter=json", "."];
  const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  const refused = new Map<string, string[]>();
  for (const { category, location } of JSON.parse(stdout).diagnostics) {
    if (category !== "lint/style/noRestrictedImports") continue;
    const folder = location.path.replace(/\/nested\/probe\.ts$/, "");
    refused.set(folder, [...(refused.get(folder) ?? []), imported[location.start.line - 1] ?? "unknown line"]);
  }
  return refused;
}
