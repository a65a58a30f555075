/**
 * Servers of two versions in the short form: those of the earlier version are a recording of what they stored and sent
 * (scripts/record-version.ts), those of this one are processes.
 *
 * - A painting that the earlier version painted, steered and paused is resumed, painted and completed by this one, from the
 *   checkpoint of the earlier one, on the database that this one migrates meanwhile; the store is adopted with it.
 * - While this version paints it, the earlier version steers, pauses and resumes it.
 * - A painting that this version starts is painted and completed by the earlier one, before the eyes of a viewer here.
 * - Each statement of the earlier version has the effect here that it had there, and its reads find their columns.
 * - Each message and announcement of this version has all that the earlier version's had, of the same kind, except the
 *   requests to workers, which had one channel for all sessions.
 *
 * Only the long form (versions.ts) has servers of the earlier version that decide by themselves: what they make of the
 * messages and rows of this one, how they start on a database that is newer than they are, and how they take over after a
 * kill. Neither form has live translations, films or access control.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ENDLESS, type PaintingFleet } from "../../helpers/painting-fleet.js";
import { ReplayedServers } from "../../helpers/replayed-servers.js";
import { until } from "../../helpers/until.js";
import { isPlain, readRecording, unpacked, type VersionRecording } from "../../helpers/version-recording.js";

const STEER = "mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 8 }) { id } }";
const LENGTHEN = `mutation ($id: ID!) { steer(sessionId: $id, changes: { steps: ${ENDLESS} }) { id } }`;
const PAUSE = "mutation ($id: ID!) { pauseSession(sessionId: $id) { id } }";
const RESUME = "mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }";
const DEVICES = "{ server { devices { name } } }";
const CHANGES = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { changes { beta } } } }";

/** The messages that both versions send here, by the first part of their topic and their type. */
const COMPARED = ["session.changed", "session.frame", "sessions.changed"];

/** Servers of an earlier version, as they were recorded, and of this one. */
export function recordedVersionFaults(paintings: PaintingFleet): void {
  it("let servers of an earlier version and of this one go on with each other's paintings", async () => {
    const recording = await readRecording();
    const { first, steps, images } = recording;
    const sent = messagesOf(recording);
    const folder = await mkdtemp(join(tmpdir(), "atelier-versions-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const place = { DATABASE_URL: await paintings.fleet.postgres.newDatabase("empty"), ATELIER_BLOBS: join(folder, "store") };
    const earlier = await ReplayedServers.start(recording, place.DATABASE_URL, paintings.fleet.redis.url, folder);
    onTestFinished(() => earlier.close());
    await earlier.play("uploads");
    await earlier.play("painting");
    await earlier.play("steering");
    await earlier.play("pausing");

    // This one migrates the database, on which the earlier version goes on.
    const { client } = await paintings.fleet.api(place);
    // The announcement of its worker is understood.
    const devices = async () => (await client.query(DEVICES)).server.devices.length;
    await until(async () => {
      await earlier.renewAnnouncements();
      return (await devices()) === 1;
    });
    await earlier.play("leaving");
    await until(async () => (await devices()) === 0);
    const second = await paintings.start(steps.second, client, images);
    const watched = paintings.watch(second, client);
    await until(() => watched.viewer.status === "QUEUED");
    await earlier.play("second", { by: "worker", second, topics: () => true });
    await paintings.expectWhole(watched, steps.second, client);
    expect([...watched.viewer.statuses]).toEqual(["QUEUED", "RUNNING", "COMPLETED"]);

    await paintings.startWorker(place);
    const resumed = paintings.watch(first, client);
    const painted = Math.max(...stepsOf(sent, first));
    await until(() => resumed.viewer.status === "PAUSED" && resumed.viewer.lastStep === painted);
    const further = async () => {
      const { lastStep } = resumed.viewer;
      await until(() => resumed.viewer.status === "RUNNING" && resumed.viewer.lastStep > lastStep + 3);
    };
    // So that it is not over before the earlier version has steered it.
    await client.query(LENGTHEN, { id: first });
    await client.query(RESUME, { id: first });
    await further();
    // Nothing is painted anew: this version reads the checkpoint.
    expect(Math.min(...stepsOf(earlier.published, first))).toBe(painted + 1);
    // What it asks comes on a channel that is not heard any more, and is in the record, which the worker reads.
    const fromEarlier = { by: "api", topics: (topic: string) => topic === "controls" } as const;
    await earlier.play("steering", fromEarlier);
    await earlier.play("pausing", fromEarlier);
    await until(() => resumed.viewer.status === "PAUSED");
    await earlier.play("resuming", fromEarlier);
    await further();
    await client.query(STEER, { id: first });
    await client.query(PAUSE, { id: first });
    await until(() => resumed.viewer.status === "PAUSED");
    await client.query(RESUME, { id: first });
    await paintings.expectEndsWhole(resumed, client);
    const { changes } = (await client.query(CHANGES, { id: first })).session;
    // Two of them are of the number of steps.
    expect(changes).toEqual([7, null, 7, 8, null].map((beta) => ({ beta })));

    expect(earlier.differences).toEqual([]);
    expect(await earlier.readAgain()).toBeGreaterThan(10);
    expect(lacking(formsOf(sent), formsOf(earlier.published), COMPARED)).toEqual([]);
    const recorded = formsOf(announcementsOf(recording));
    // A worker announces how long steps take once it has measured them.
    await expect.poll(async () => lacking(recorded, formsOf(await earlier.announcements()), ["workers"])).toEqual([]);
  });
}

/** A message of the bus, or an announcement. */
interface Message {
  topic: string;
  message: unknown;
}

function messagesOf({ parts }: VersionRecording): Message[] {
  return Object.values(parts).flatMap(({ messages }) =>
    messages.map(({ topic, bytes }) => ({ topic, message: unpacked(Buffer.from(bytes, "base64"))[3] })),
  );
}

/** Steps of the frames of a session that were published. */
function stepsOf(messages: readonly Message[], id: string): number[] {
  return messages.flatMap(({ topic, message }) => {
    const frame = topic === `session:${id}` && isPlain(message) && isPlain(message.frame) ? message.frame : null;
    return typeof frame?.step === "number" ? [frame.step] : [];
  });
}

/** The announcements of the recorded workers. */
function announcementsOf({ parts }: VersionRecording): Message[] {
  const statements = Object.values(parts).flatMap(({ transactions }) => transactions.flatMap((transaction) => transaction.statements));
  const texts = statements.flatMap(({ text, values }) => (text.startsWith('insert into "workers"') ? [String(values[1])] : []));
  return texts.map((text) => ({ topic: "workers", message: JSON.parse(text) }));
}

/** The kinds of value of each field of the messages, by the type of message and then by the path of the field. */
type Forms = Map<string, Map<string, Set<string>>>;

function formsOf(messages: readonly Message[]): Forms {
  const forms: Forms = new Map();
  for (const { topic, message } of messages) {
    if (!isPlain(message)) continue;
    const [kind] = topic.split(":");
    const type = "type" in message ? `${kind}.${message.type}` : String(kind);
    const fields = forms.get(type) ?? new Map<string, Set<string>>();
    forms.set(type, fields);
    addForm(fields, "", message);
  }
  return forms;
}

function addForm(fields: Map<string, Set<string>>, path: string, value: unknown): void {
  const kind = kindOf(value);
  fields.set(path, (fields.get(path) ?? new Set()).add(kind));
  if (Array.isArray(value)) for (const item of value) addForm(fields, `${path}[]`, item);
  if (isPlain(value)) for (const [name, item] of Object.entries(value)) addForm(fields, `${path}.${name}`, item);
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return isPlain(value) ? "object" : value.constructor.name;
}

/** The fields of the earlier messages that the others never have, or only with values of kinds that are new. */
function lacking(earlier: Forms, now: Forms, types: readonly string[]): string[] {
  return types.flatMap((type) => {
    const [before, after] = [earlier.get(type), now.get(type)];
    if (!before || !after) return [`${type} was not sent`];
    return [...before].flatMap(([path, kinds]) => {
      const found = after.get(path) ?? new Set();
      return [...kinds].every((kind) => kind === "null" || found.has(kind)) ? [] : [`${type}${path}: ${[...kinds]} became ${[...found]}`];
    });
  });
}
