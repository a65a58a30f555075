/**
 * Paints the example picture of every preset with the samples and the bundled models, on a running server:
 *
 *   npx tsx web/rooms/easel/paint-presets.ts [http://127.0.0.1:4000]
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import sharp from "sharp";
import { toInput } from "../../session/recipe";
import { presets, shownPair } from "./presets";

const address = process.argv[2] ?? "http://127.0.0.1:4000";
const files = join(import.meta.dirname, "..", "..", "public");
const folder = join(files, "presets");
const model = "vgg19-lite";
/** Twice the size on the page, px, for high-resolution screens. */
const shown = { width: 224, height: 168 };

async function upload(name: string): Promise<string> {
  const response = await fetch(`${address}/images`, { method: "POST", body: await readFile(join(files, name)) });
  return (await response.json()).id;
}

async function request(query: string, variables: Record<string, unknown>) {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const [contentId, imageId] = [await upload(shownPair.photo), await upload(shownPair.style)];
await mkdir(folder, { recursive: true });
for (const { id, recipe } of presets) {
  const input = toInput({ ...recipe, model }, contentId, [{ imageId, weight: 1 }], id);
  const { startStyleTransfer } = await request("mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }", {
    input,
  });
  for (;;) {
    const { session } = await request("query ($id: ID!) { session(id: $id) { status latestFrame { url } } }", startStyleTransfer);
    if (session.status === "COMPLETED") {
      const picture = Buffer.from(await (await fetch(address + session.latestFrame.url)).arrayBuffer());
      await writeFile(
        join(folder, `${id}.webp`),
        await sharp(picture)
          .resize({ ...shown, fit: "cover" })
          .webp({ quality: 82 })
          .toBuffer(),
      );
      console.log(id);
      break;
    }
    if (session.status !== "RUNNING" && session.status !== "QUEUED") throw new Error(`${id}: ${session.status}`);
    await delay(200);
  }
}
