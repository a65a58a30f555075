import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRoot } from "./root.mjs";
import { runTool } from "./run.mjs";

const committed = inRoot("web", "graphql", "graphql-env.d.ts");
const generate = ["generate-output", "--tsconfig", "web/tsconfig.json"];

/** Whether the studio's types of the API match schema.graphql. */
export async function schemaTypesCurrent() {
  const folder = await mkdtemp(join(tmpdir(), "atelier-types-"));
  const fresh = join(folder, "graphql-env.d.ts");
  try {
    if ((await runTool("gql.tada", [...generate, "--output", fresh])) !== 0) return false;
    const [wanted, found] = await Promise.all(
      [fresh, committed].map(async (file) => (await readFile(file, "utf8")).replaceAll("\r\n", "\n")),
    );
    if (wanted === found) return true;
    console.error(`web/graphql/graphql-env.d.ts differs from schema.graphql. Generate it again: npx gql.tada ${generate.join(" ")}`);
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
