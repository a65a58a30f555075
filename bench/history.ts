/**
 * Time of the query `sessions` over HTTP with 10,000 sessions and 1,000,000 frames in history, and of the replay for a
 * viewer who returns after 1,000 steps, pictures included.
 *
 *   npx tsx bench/history.ts
 */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { defaultSettings } from "../server/records/settings.js";
import { openEmbeddedDatabase } from "../server/storage/embedded/database.js";
import { openEmbeddedStorage } from "../server/storage/embedded/open.js";
import { aFrame, anImage, aSession } from "../test/contracts/records.js";
import { emptyDataFolder, ServerProcess } from "../test/helpers/server.js";
import { atLeast, atMost, recordResults } from "./results.js";
import { quantile } from "./statistics.js";

const SESSIONS = 10_000;
const FRAMES_OF_EACH = 100;
const QUERIES = 100;
/** Number of steps that a viewer missed, and size of each picture in bytes. */
const MISSED = { steps: 1000, byteLength: 30_000 };

const limits = { queryMs: 50, firstFrameMs: 200, framesPerSecond: 200 };

const PAGE = `query ($after: String, $filter: SessionFilter) { sessions(first: 20, after: $after, filter: $filter) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { node { id title status createdAt latestFrame { step url } ... on StyleTransferSession { step settings { model } } } }
} }`;

const data = await emptyDataFolder();
const images = await seed(join(data.folder, "database"));
await seedMissed(data.folder);
const server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_DEVICE: "reference" });
const client = await server.client();

const middle = (await client.query("{ sessions(first: 100) { pageInfo { endCursor } } }")).sessions.pageInfo.endCursor;
const kinds: Record<string, Record<string, unknown>> = {
  "the first page": {},
  "a further page": { after: middle },
  "by status": { filter: { status: ["FAILED"] } },
  "by title": { filter: { titleContains: "dunes 77" } },
  "by dates": { filter: { createdAfter: "2026-01-02T00:00:00Z", createdBefore: "2026-01-05T00:00:00Z" } },
  "by model": { filter: { model: "vgg19" } },
  "by image": { filter: { imageId: images[3] } },
};
let worst = 0;
for (const [name, variables] of Object.entries(kinds)) {
  const times: number[] = [];
  for (let query = 0; query < QUERIES; query++) {
    const began = performance.now();
    await client.query(PAGE, variables);
    times.push(performance.now() - began);
  }
  const p95 = quantile(times, 0.95);
  worst = Math.max(worst, p95);
  console.info(`${name}: median ${quantile(times, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
}
const { firstFrameMs, framesPerSecond } = await catchUp();
await client.close();
await server.end();
await data.remove();
await recordResults(
  [
    atMost("a page of 10,000 sessions with 1,000,000 frames, p95 of the slowest kind of query", worst, limits.queryMs, "ms"),
    atMost("first frame for a viewer who comes back after 1,000 steps", firstFrameMs, limits.firstFrameMs, "ms"),
    atLeast("frames replayed to a viewer who comes back after 1,000 steps", framesPerSecond, limits.framesPerSecond, "frames/s"),
  ],
  "npx tsx bench/history.ts",
);

async function catchUp(): Promise<{ firstFrameMs: number; framesPerSecond: number }> {
  const document = `subscription ($id: ID!) { session(id: $id, afterStep: -1, inline: true) { ... on Frame { step data losses { total } } } }`;
  const began = performance.now();
  let first = 0;
  let frames = 0;
  for await (const { data: answer, errors } of client.subscribe(document, { id: "missed" })) {
    if (errors) throw new Error(JSON.stringify(errors));
    if (answer.session.step === undefined) continue;
    if (frames++ === 0) first = performance.now();
  }
  const seconds = (performance.now() - began) / 1000;
  console.info(`replay: first frame after ${(first - began).toFixed(0)} ms, ${frames} frames in ${seconds.toFixed(2)} s`);
  return { firstFrameMs: first - began, framesPerSecond: frames / seconds };
}

/** Inserts rows without pictures, and returns the ids of the images. */
async function seed(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const { database, close } = await openEmbeddedDatabase(folder);
  const ids = Array.from({ length: 50 }, () => randomUUID());
  for (const id of ids) {
    await database.execute(sql`insert into images values (${id}, ${id}, 640, 480, 'image/jpeg', 1000, now())`);
  }
  const settings = JSON.stringify({ ...defaultSettings(), alpha: 1, beta: 40, gamma: 0.2, steps: 99, size: 256, scales: 1, seed: 0 });
  const imageOf = sql`(${sql.param(ids)}::text[])[1 + n % 50]`;
  const styles = sql`json_build_array(json_build_object('imageId', ${imageOf}, 'weight', 1))`;
  const modelled = sql`(${settings}::jsonb || jsonb_build_object('learningRate', 0.02, 'model', case n % 2 when 0 then 'vgg19' else 'vgg19-lite' end))::json`;
  await database.execute(sql`
    insert into sessions (id, kind, title, status, created_at, queued_at, step, frame_count, frame_bytes, settings, content_id, styles, initial)
    select 'session-' || n, 'STYLE_TRANSFER', 'Dunes ' || n, case n % 10 when 0 then 'FAILED' else 'COMPLETED' end,
      timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-01-01', ${FRAMES_OF_EACH - 1}, ${FRAMES_OF_EACH}, ${FRAMES_OF_EACH * 30_000},
      ${modelled}, ${imageOf}, ${styles}, json_build_object('settings', ${modelled}, 'styles', ${styles})
    from generate_series(1, ${SESSIONS}) as n`);
  await database.execute(sql`insert into session_images select id, content_id, 'CONTENT' from sessions`);
  const losses = JSON.stringify({ total: 1.5, content: 0.5, style: 0.02, tv: 0.1, layers: [] });
  for (let from = 1; from <= SESSIONS; from += 500) {
    await database.execute(sql`
      insert into frames
      select 'session-' || n, step, md5(n || ' ' || step) || md5(step || ' ' || n), 256, 192, 'image/jpeg', 30000, ${losses}::json, 30, now()
      from generate_series(${from}::int, ${from + 499}::int) as n, generate_series(0, ${FRAMES_OF_EACH - 1}) as step`);
  }
  await database.execute(sql`analyze`);
  await close();
  return ids;
}

/** A finished session whose pictures are stored as a server stores them. */
async function seedMissed(folder: string): Promise<void> {
  const storage = await openEmbeddedStorage(folder);
  const image = anImage();
  await storage.images.insert(image);
  await storage.sessions.insert(aSession(image.id, { id: "missed", status: "COMPLETED", createdAt: new Date(0) }));
  for (let step = 0; step < MISSED.steps; step++) {
    const digest = await storage.blobs.put(randomBytes(MISSED.byteLength));
    await storage.frames.insert(aFrame("missed", step, { digest, byteLength: MISSED.byteLength }));
  }
  await storage.close();
}
