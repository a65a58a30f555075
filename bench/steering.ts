/**
 * Delay of steering, in steps: from the newest frame that the viewer had seen to the first frame whose J has the new
 * weight. One or two frames are under way to the viewer when it steers, more often with vgg19-lite, whose frames are
 * encoded and stored while the next ones are painted.
 *
 *   npx tsx bench/steering.ts
 */
import { setTimeout as delay } from "node:timers/promises";
import { pngPicture } from "../test/helpers/pictures.js";
import { BenchServer } from "./bench-server.js";
import { type Measurement, recordResults } from "./results.js";
import { rounded } from "./statistics.js";

/** Most steps of delay. */
const LIMIT = 2;

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const STEER = "mutation ($id: ID!, $alpha: Float!) { steer(sessionId: $id, changes: { alpha: $alpha }) { step } }";
const CHANGES = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { changes { step } } } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }";

const server = await BenchServer.start();
const { client } = server;
const [content, style] = [await pngPicture(256, 256, 1), await pngPicture(256, 256, 2)];
const images = { contentId: await client.upload(content.bytes), styles: [{ imageId: await client.upload(style.bytes) }] };
const results: Measurement[] = [];
for (const [model, steerings] of [
  ["vgg19", 20],
  ["vgg19-lite", 50],
] as const) {
  const later = await stepsLater(model, steerings);
  const worst = Math.max(...later);
  console.info(`${model}, steps later: ${later.join(" ")}`);
  const bench = `a steered weight is in a frame, worst of ${steerings}, ${model}`;
  results.push({ bench, peer: `at most ${LIMIT} steps later`, ratio: rounded(LIMIT / worst), value: worst, unit: "steps" });
}
await server.close();
await recordResults(results, "npx tsx bench/steering.ts");

async function stepsLater(model: string, steerings: number): Promise<number[]> {
  const { startStyleTransfer } = await client.query(START, { input: { ...images, size: 256, steps: 5000, model } });
  const { id } = startStyleTransfer;
  let newest = -1;
  const watching = (async () => {
    for await (const { data } of client.subscribe("subscription ($id: ID!) { session(id: $id) { ... on Frame { step } } }", { id })) {
      newest = data?.session?.step ?? newest;
    }
  })();
  while (newest < 5) await delay(10);
  const seen: number[] = [];
  for (let steering = 0; steering < steerings; steering++) {
    await delay(97 + 131 * (steering % 7));
    seen.push(newest);
    await client.query(STEER, { id, alpha: 1 + steering / 10 });
  }
  while (newest < seen.at(-1)! + 5) await delay(10);
  const { session } = await client.query(CHANGES, { id });
  await client.query(CANCEL, { id });
  await watching;
  return session.changes.map(({ step }: { step: number }, index: number) => step - seen[index]!);
}
