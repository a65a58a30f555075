import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { expect, test } from "vitest";

/** The studio's folders from top to bottom; each may import those below it. Folders in one row may not import each other. */
const rows = [
  ["app"],
  ["rooms"],
  ["side-by-side"],
  ["session"],
  ["networks", "pictures"],
  ["parts"],
  ["camera", "shortcuts", "graphql"],
  ["texts"],
];

const studio = join(import.meta.dirname, "..", "..", "web");
const files = rows.flat().flatMap((folder) => sources(join(studio, folder)));

test("folders import only what is below them, and rooms no other room", () => {
  expect(files.length).toBeGreaterThan(100);
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => !mayImport(file, imported))
      .map((to) => `${file} -> ${to}`),
  );
  expect(wrong).toEqual([]);
});

test("every folder with code has its row", () => {
  const folders = readdirSync(studio, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && sources(join(studio, entry.name)).length > 0,
  );
  expect(folders.map(({ name }) => name).sort()).toEqual(rows.flat().sort());
});

function sources(folder: string): string[] {
  if (/(^|[\\/])(\.next|out|node_modules)$/.test(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(tsx?|css)$/.test(entry.name) ? [relative(studio, path).split(sep).join("/")] : [];
  });
}

/** Files of the studio that a file imports, or whose classes it composes. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(studio, file), "utf8");
  const found = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.[^"]+)"/g)];
  return found.map(([, path = ""]) => join(dirname(file), path).split(sep).join("/")).filter((path) => !path.startsWith(".."));
}

function mayImport(from: string, to: string): boolean {
  const [folder = "", room] = from.split("/");
  const [other = "", otherRoom] = to.split("/");
  if (folder === other) return folder !== "rooms" || room === otherRoom;
  return rowOf(other) > rowOf(folder);
}

function rowOf(folder: string): number {
  return rows.findIndex((row) => row.includes(folder));
}
