import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent, fetch } from "undici";

/** The server is on this machine, and its certificate one that a test has made. */
const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
const CREATE = "mutation ($input: AccessLinkInput!) { createLink(input: $input) { path } }";

/** Makes a link as `npm run links -- add` does, by the secret that the server keeps in its data folder. Returns its path. */
export async function operatorLink({ folder, address }: { folder: string; address: string }, name: string, role: string): Promise<string> {
  const { secret } = JSON.parse(await readFile(join(folder, "operator.json"), "utf8")) as { secret: string };
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${secret}` };
  const body = JSON.stringify({ query: CREATE, variables: { input: { name, role } } });
  const response = await fetch(`${address}/graphql`, { method: "POST", headers, body, dispatcher });
  const { data, errors } = (await response.json()) as { data?: { createLink: { path: string } }; errors?: unknown };
  if (!data) throw new Error(`The link was not made: ${JSON.stringify(errors)}`);
  return data.createLink.path;
}
