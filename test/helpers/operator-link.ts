import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GraphqlClient } from "./graphql-client.js";

/** Makes a link as `npm run links -- add` does, by the secret that the server keeps in its data folder. Returns its path. */
export async function operatorLink({ folder, address }: { folder: string; address: string }, name: string, role: string): Promise<string> {
  const { secret } = JSON.parse(await readFile(join(folder, "operator.json"), "utf8")) as { secret: string };
  const input = { name, role };
  const operator = new GraphqlClient(address, secret);
  return (await operator.query("mutation ($input: AccessLinkInput!) { createLink(input: $input) { path } }", { input })).createLink.path;
}
