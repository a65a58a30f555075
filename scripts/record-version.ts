/**
 * Writes down what servers of an earlier version store and send, for the short form of the test of two versions:
 * `npm run record-version`. EARLIER_COMMIT names the version; otherwise it is the first one with fleets. Its API server and
 * worker paint two small paintings on a real PostgreSQL and Redis, of which the first is steered, paused and resumed.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Redis } from "ioredis";
import { checkOutEarlier, type EarlierVersion } from "../test/helpers/earlier-version.js";
import { Fleet } from "../test/helpers/fleet.js";
import { uploadPictures } from "../test/helpers/painting-fleet.js";
import { PatientViewer } from "../test/helpers/patient-viewer.js";
import { until } from "../test/helpers/until.js";
import {
  CHANNELS,
  type PartName,
  partNames,
  type RecordedMessage,
  type RecordedPart,
  type RecordedTransaction,
  recordingFile,
  type VersionRecording,
} from "../test/helpers/version-recording.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const STEER = "mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 7 }) { id } }";
const PAUSE = "mutation ($id: ID!) { pauseSession(sessionId: $id) { id } }";
const RESUME = "mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }";
const SMALL = { size: 64, model: "vgg19-lite" };
const steps = { first: 200, second: 5 };

/** How long a part goes on after its end shows, ms: what belongs to it may still be under way. */
const SETTLE_MS = 1500;
/** How often a statement is kept that no part needs more than once, such as an announcement. */
const KEPT = 2;

/** A line of recorded-queries.mjs. */
interface Line {
  at: number;
  by: RecordedTransaction["by"];
  connection: string;
  text: string;
  values: unknown[];
  rows: number;
}

const earlier = await checkOutEarlier();
const folder = await mkdtemp(join(tmpdir(), "atelier-recording-"));
try {
  await writeFile(recordingFile, `${JSON.stringify(await record(earlier), null, 1)}\n`);
} finally {
  await earlier.remove();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

async function record(launch: EarlierVersion): Promise<VersionRecording> {
  const [file, store] = [join(folder, "statements"), join(folder, "store")];
  await mkdir(store);
  const preload = pathToFileURL(join(import.meta.dirname, "../test/helpers/recorded-queries.mjs")).href;
  const fleet = await Fleet.start({ ATELIER_BLOBS: store, NODE_OPTIONS: `--import=${preload}`, RECORDING_FILE: file });
  const listener = new Redis(fleet.redis.url);
  const messages: (RecordedMessage & { at: number })[] = [];
  listener.on("pmessageBuffer", (_pattern: Buffer, channel: Buffer, bytes: Buffer) => {
    messages.push({ at: Date.now(), topic: channel.toString().slice(CHANNELS.length), bytes: bytes.toString("base64") });
  });
  try {
    await listener.psubscribe(`${CHANNELS}*`);
    const place = { DATABASE_URL: await fleet.postgres.newDatabase("empty") };
    const { client } = await fleet.api({ ...place, RECORDING_ROLE: "api" }, launch);
    const startWorker = async () => (await fleet.worker({ ...place, RECORDING_ROLE: "worker" }, launch)).process;
    const start = async (length: number): Promise<string> =>
      (await client.query(START, { input: { ...images, ...SMALL, steps: length } })).startStyleTransfer.id;
    const begins: number[] = [];
    const begin = async () => void begins.push(await delay(SETTLE_MS).then(Date.now));

    await begin();
    const images = await uploadPictures(client);
    await begin();
    const worker = await startWorker();
    const first = await start(steps.first);
    const viewer = new PatientViewer(first);
    // The fleet ends before this painting does.
    void viewer.follow(client).catch(() => false);
    await until(() => viewer.lastStep >= 3);
    begins.push(Date.now());
    await client.query(STEER, { id: first });
    begins.push(Date.now());
    await client.query(PAUSE, { id: first });
    await until(() => viewer.status === "PAUSED");
    await begin();
    await worker.end("SIGTERM");
    await begin();
    await startWorker();
    const second = await start(steps.second);
    const other = new PatientViewer(second);
    await other.follow(client);
    await begin();
    // The checkpoint of a complete painting is not needed any more.
    const objects = await filesIn(store, (key) => !key.startsWith(`checkpoints/${second}`));
    await client.query(RESUME, { id: first });
    const resumed = Date.now();
    await delay(SETTLE_MS);

    const lines = (await readFile(file, "utf8")).trim().split("\n");
    const transactions = kept(grouped(lines.map((line) => JSON.parse(line) as Line)));
    const partOf = (name: PartName): RecordedPart => {
      const place = partNames.indexOf(name);
      const within = ({ at }: { at: number }) => at >= begins[place]! && at < (begins[place + 1] ?? resumed);
      return {
        transactions: transactions.filter(within).map(({ by, statements }) => ({ by, statements })),
        messages: messages.filter(within).map(({ topic, bytes }) => ({ topic, bytes })),
      };
    };
    const parts = Object.fromEntries(partNames.map((name) => [name, partOf(name)])) as Record<PartName, RecordedPart>;
    const journal = JSON.parse(await readFile(join(launch.root, "server/storage/migrations/meta/_journal.json"), "utf8"));
    return { commit: launch.commit, migrations: journal.entries.length, first, second, steps, images, parts, objects };
  } finally {
    listener.disconnect();
    await fleet.close();
  }
}

/** The statements by transaction, in the order in which these ended, without those that were rolled back. */
function grouped(all: readonly Line[]): (RecordedTransaction & { at: number })[] {
  const open = new Map<string, Line[]>();
  // A replay cannot end the connection that migrates, and with it the lock that this holds.
  const migrating = new Set(all.filter(({ text }) => text === "select pg_advisory_lock($1)").map(({ connection }) => connection));
  const lines = all.filter(({ connection }) => !migrating.has(connection));
  return lines.flatMap((line) => {
    const { at, by, connection, text } = line;
    const begun = open.get(connection);
    if (/^begin/i.test(text)) open.set(connection, []);
    else if (/^(commit|rollback)$/i.test(text)) open.delete(connection);
    else if (begun) begun.push(line);
    const statements = begun && /^commit/i.test(text) ? begun : begun || /^(begin|rollback)/i.test(text) ? [] : [line];
    return statements.length > 0 ? [{ at, by, statements: statements.map(({ text, values, rows }) => ({ text, values, rows })) }] : [];
  });
}

/** Without the later ones of what servers do again and again: reads, renewals, announcements and sweeps. */
function kept<Transaction extends RecordedTransaction>(transactions: readonly Transaction[]): Transaction[] {
  const counts = new Map<string, number>();
  return transactions.filter(({ by, statements }) => {
    const text = statements.map((statement) => statement.text).join(";");
    // A look for a session to claim that found none could find one in a replay, which takes less time.
    if (/update "sessions" set "worker_id"/.test(text) && statements.at(-1)?.rows === 0) return false;
    if (/\b(insert into|update|delete from) "(sessions|frames|changes|checkpoints|images|session_images)"/.test(text)) return true;
    const count = (counts.get(by + text) ?? 0) + 1;
    counts.set(by + text, count);
    return count <= KEPT;
  });
}

async function filesIn(store: string, isNeeded: (key: string) => boolean): Promise<Record<string, string>> {
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const keys = paths.map((path) => relative(store, path).replaceAll("\\", "/")).filter(isNeeded);
  const read = keys.map(async (key) => [key, (await readFile(join(store, key))).toString("base64")] as const);
  return Object.fromEntries(await Promise.all(read));
}
