import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const studio = join(import.meta.dirname, "..", "..", "web");

/** Attributes that people read or hear. */
const spoken = new Set(["aria-label", "aria-description", "aria-valuetext", "title", "alt", "placeholder", "label"]);

/** Two letters in a row are a word; single ones are symbols. */
const word = /\p{L}{2}/u;

/** Units and formats, which are the same in every language. */
const universal = new Set(["px", "JSON"]);

function components(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if ([".next", "out", "texts", "graphql"].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return components(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
}

/** English in a file: text between tags, and texts of spoken attributes. */
function englishIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    const text = textOf(node);
    if (text !== null && word.test(text) && !universal.has(text.trim())) found.push(text.trim());
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function textOf(node: ts.Node): string | null {
  if (ts.isJsxText(node)) return node.text;
  if (!ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node)) return null;
  const { parent } = node;
  if (ts.isJsxAttribute(parent) && spoken.has(parent.name.getText())) return node.text;
  return null;
}

test("all English of the studio is in web/texts", () => {
  const files = components(studio);
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) => englishIn(file).map((text) => `${relative(studio, file)}: ${text}`));
  expect(found).toEqual([]);
});
