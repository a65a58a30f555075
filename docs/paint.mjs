/**
 * A client of the GraphQL API: uploads a photo and a style, paints, prints every step and saves the result.
 *
 *   node docs/paint.mjs PHOTO STYLE RESULT.png [http://127.0.0.1:4000]
 */
import { readFile, writeFile } from "node:fs/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [photo, style, result, address = "http://127.0.0.1:4000"] = process.argv.slice(2);

// 1. Upload pictures as they are. The response is an Image with its id.
async function upload(file) {
  const response = await fetch(`${address}/images`, { method: "POST", body: await readFile(file) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${file}: ${answer.message}`);
  return answer.id;
}

// 2. Everything else is GraphQL: POST for queries and mutations, a WebSocket for subscriptions.
async function request(query, variables) {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const input = { contentId: await upload(photo), styles: [{ imageId: await upload(style) }], size: 256, steps: 60 };
const { startStyleTransfer } = await request(
  "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id settings { beta size steps } } }",
  { input },
);
console.log(startStyleTransfer);

// 3. The subscription sends the frames as they are painted, and ends after the last one.
const client = createClient({ url: `${address.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
const query = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1) {
    ... on Frame { step url computeMs losses { total } }
    ... on SessionChange { session { status error { code message } } }
  }
}`;
let last;
for await (const { data, errors } of client.iterate({ query, variables: { id: startStyleTransfer.id } })) {
  if (errors) throw new Error(JSON.stringify(errors));
  const { step, url, computeMs, losses, session } = data.session;
  if (session) console.log(session);
  else console.log(`step ${step}: J = ${losses.total.toFixed(2)}, ${computeMs.toFixed(0)} ms`);
  last = url ?? last;
}
await client.dispose();

// 4. Frames stay: their addresses never change what they hold.
await writeFile(result, Buffer.from(await (await fetch(address + last)).arrayBuffer()));

// 5. So does the session: the newest ones, with their last picture.
const history = "{ sessions(first: 3) { totalCount edges { node { id status latestFrame { step url } } } } }";
console.log(JSON.stringify(await request(history), null, 2));
