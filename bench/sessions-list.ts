/**
 * Time of the gallery's query over HTTP with 100,000 sessions and 10,000,000 frames in PostgreSQL: of an API server without
 * access control, and of one with links, as an artist who sees their own sessions and public ones.
 *
 *   npx tsx bench/sessions-list.ts                       some minutes
 *   npx tsx bench/sessions-list.ts SESSIONS FRAMES       another size, with so many frames of each; not recorded
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { Links } from "../server/access/links.js";
import { openEmbeddedBus } from "../server/bus/embedded.js";
import { defaultSettings } from "../server/records/settings.js";
import { openRemoteDatabase } from "../server/storage/remote/database.js";
import { sqlAccess } from "../server/storage/sql/access.js";
import { Fleet } from "../test/helpers/fleet.js";
import { GraphqlClient } from "../test/helpers/graphql-client.js";
import { atMost, recordResults } from "./results.js";
import { quantile } from "./statistics.js";

const [sessions = 100_000, framesOfEach = 100] = process.argv.slice(2).map(Number);
const OWNERS = 500;
const IMAGES = 200;
const QUERIES = 100;
/** Queries of each server before those that count: one that has just started compiles its code. */
const WARM_UP = 100;
const LIMIT_MS = 50;

/** As the studio asks. */
const GALLERY = `query ($first: Int!, $after: String, $filter: SessionFilter, $order: SessionOrder) {
  sessions(first: $first, after: $after, filter: $filter, order: $order) {
    edges { node {
      __typename id title status createdAt startedAt finishedAt queuePosition device starred note expiresAt isMine mayChange approval
      error { code message }
      latestFrame { step url width height }
      ... on StyleTransferSession {
        settings { size styleLayers { layer weight } } content { id url width height } styles { image { id } } parent { id }
      }
      ... on TranslationSession { model { id title } source { id url width height } }
    } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`;

const fleet = await Fleet.start();
let worst = 0;
try {
  const artist = await admitArtist(fleet.databaseUrl);
  // They start before there are rows, whose pictures their store would lack.
  const [open, linked] = [await fleet.api(), await fleet.api({ ATELIER_ACCESS: "link" })];
  const images = await fill(fleet.databaseUrl, artist.ownerId);
  const sides = { "without access control": open.client, "an artist": new GraphqlClient(linked.client.address, artist.secret) };
  for (const [side, client] of Object.entries(sides)) worst = Math.max(worst, await measure(side, client, images));
} finally {
  await fleet.close();
}
const bench = `the gallery's page of ${sessions} sessions with ${sessions * framesOfEach} frames in PostgreSQL, p95 of the slowest kind`;
const measured = [atMost(bench, worst, LIMIT_MS, "ms")];
if (process.argv.length === 2) await recordResults(measured, "npx tsx bench/sessions-list.ts");

/** Makes a link by which a program acts as an artist, the owner of what it starts. */
async function admitArtist(databaseUrl: string): Promise<{ secret: string; ownerId: string }> {
  const { database, close } = await openRemoteDatabase(databaseUrl);
  try {
    const links = new Links({ storage: { access: sqlAccess(database) }, bus: openEmbeddedBus(console.error) });
    const target = { kind: "ACCESS", role: "ARTIST" } as const;
    const { secret, link } = await links.create({ name: "bench", ownerId: "bench", expiresAt: null }, target);
    return { secret, ownerId: link.id };
  } finally {
    await close();
  }
}

/** Inserts rows without pictures, one session in 500 of the artist and one in 20 public; returns the ids of the images. */
async function fill(databaseUrl: string, artistId: string): Promise<string[]> {
  const began = performance.now();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const images = Array.from({ length: IMAGES }, () => randomUUID());
    await client.query(
      "insert into images (id, digest, width, height, mime_type, bytes, created_at) select id, id, 640, 480, 'image/jpeg', 1000, now() from unnest($1::text[]) as id",
      [images],
    );
    const settings = { ...defaultSettings(), alpha: 1, beta: 40, gamma: 0.2, steps: framesOfEach - 1, size: 256, scales: 1, seed: 0 };
    await client.query(
      `insert into sessions (id, kind, title, status, created_at, queued_at, step, frame_count, frame_bytes, settings, content_id, styles, initial, owner_id, visibility, starred)
      select 'session-' || n, 'STYLE_TRANSFER', 'Dunes ' || n, case n % 10 when 0 then 'FAILED' else 'COMPLETED' end,
        timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-01-01', $5::int - 1, $5, $5 * 30000,
        modelled, image, styles, json_build_object('settings', modelled, 'styles', styles),
        case n % $6 when 0 then $3 else 'owner-' || n % $6 end, case n % 20 when 7 then 'PUBLIC' else 'PRIVATE' end, n % 200 = 7
      from generate_series(1, $1::int) as n
        cross join lateral (select ($2::text[])[1 + n % $7] as image) images
        cross join lateral (select json_build_array(json_build_object('imageId', image, 'weight', 1)) as styles) styled
        cross join lateral (select ($4::jsonb || jsonb_build_object('learningRate', 0.02, 'model', case n % 2 when 0 then 'vgg19' else 'vgg19-lite' end))::json as modelled) settled`,
      [sessions, images, artistId, JSON.stringify(settings), framesOfEach, OWNERS, IMAGES],
    );
    await client.query("insert into session_images select id, content_id, 'CONTENT' from sessions");
    // An index that is built at the end takes a fraction of the time; and that every frame has its session is certain here.
    const index = "select indexdef from pg_indexes where indexname = 'frames_digest'";
    const { rows } = await client.query<{ indexdef: string }>(index);
    await client.query("drop index frames_digest");
    await client.query("set session_replication_role = replica");
    const losses = JSON.stringify({ total: 1.5, content: 0.5, style: 0.02, tv: 0.1, layers: [] });
    for (let from = 1; from <= sessions; from += 2000) {
      await client.query(
        `insert into frames
        select 'session-' || n, step, md5(n || ' ' || step) || md5(step || ' ' || n), 256, 192, 'image/jpeg', 30000, $3::json, 30, now()
        from generate_series($1::int, $2::int) as n, generate_series(0, $4::int - 1) as step`,
        [from, Math.min(from + 1999, sessions), losses, framesOfEach],
      );
    }
    await client.query("set session_replication_role = origin");
    await client.query(rows[0]?.indexdef ?? "");
    await client.query("vacuum analyze");
    console.info(`${sessions} sessions with ${sessions * framesOfEach} frames in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return images;
  } finally {
    await client.end();
  }
}

/** Asks for several kinds of pages; returns the slowest p95, ms. */
async function measure(side: string, client: GraphqlClient, images: readonly string[]): Promise<number> {
  const far = (await client.query("{ sessions(first: 100) { pageInfo { endCursor } } }")).sessions.pageInfo.endCursor;
  const lasting = { live: false };
  const kinds: Record<string, Record<string, unknown>> = {
    "the first page": { filter: lasting },
    "a further page": { filter: lasting, after: far },
    "the oldest": { filter: lasting, order: "OLDEST" },
    "by kind": { filter: { kind: "STYLE_TRANSFER" } },
    "by status": { filter: { ...lasting, status: ["FAILED"] } },
    working: { filter: { ...lasting, status: ["QUEUED", "RUNNING", "PAUSED"] } },
    "by title": { filter: { ...lasting, titleContains: "dunes 77" } },
    "by model": { filter: { ...lasting, model: "vgg19" } },
    "by image": { filter: { ...lasting, imageId: images[3] } },
    starred: { filter: { ...lasting, starred: true } },
  };
  for (let query = 0; query < WARM_UP; query++) await client.query(GALLERY, { first: 24, filter: lasting });
  let slowest = 0;
  for (const [name, variables] of Object.entries(kinds)) {
    const times: number[] = [];
    for (let query = 0; query < QUERIES; query++) {
      const began = performance.now();
      await client.query(GALLERY, { first: 24, ...variables });
      times.push(performance.now() - began);
    }
    const p95 = quantile(times, 0.95);
    slowest = Math.max(slowest, p95);
    console.info(`${side}, ${name}: median ${quantile(times, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
  }
  return slowest;
}
