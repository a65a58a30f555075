/**
 * Writes schema.graphql at the root. With --check it only reports whether the file is up to date (exit code 1 if not).
 */
import { readFile, writeFile } from "node:fs/promises";
import { emittedSchema } from "./schema.js";

const file = new URL("../../schema.graphql", import.meta.url);

if (process.argv.includes("--check")) {
  const emitted = emittedSchema();
  const kept = (await readFile(file, "utf8")).replaceAll("\r\n", "\n");
  if (kept !== emitted) {
    console.error("schema.graphql differs from the code. Emit it again: npx tsx server/api/emit-schema.ts");
    process.exitCode = 1;
  }
} else {
  await writeFile(file, emittedSchema());
}
