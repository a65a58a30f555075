import { afterAll, beforeAll, expect, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import type { FrameMessage, HostMessage } from "../../server/device/messages.js";
import { StorageUnavailable } from "../../server/errors.js";
import { MAX_RESTARTS } from "../../server/host/deaths.js";
import { FrameRetention } from "../../server/host/frame-retention.js";
import type { SessionParts } from "../../server/host/host-session.js";
import { LiveSession } from "../../server/host/live-session.js";
import type { TranslationRecord } from "../../server/records/session.js";
import { SessionSpans } from "../../server/telemetry/session-spans.js";
import { aTranslation } from "../contracts/records.js";
import { scriptedForm } from "../helpers/scripted-painters.js";
import { openTemporaryStorage, type TemporaryStorage } from "../helpers/temporary-storage.js";
import { until } from "../helpers/until.js";

let stored: TemporaryStorage;
const bus = openEmbeddedBus(() => undefined);
const link = { name: "fake", send: () => undefined };
const killed = { reason: "died", detail: "SIGKILL" } as const;

beforeAll(async () => {
  stored = await openTemporaryStorage();
});

afterAll(async () => {
  await bus.close();
  await stored.close();
});

function parts(record: TranslationRecord): SessionParts {
  const { storage } = stored;
  const generator = { id: "scripted", path: "", sha256: "", architecture: null, form: scriptedForm };
  const log = () => undefined;
  const closing = new AbortController().signal;
  return {
    ...{ storage, bus, log, isDownloaded: () => true, maxSize: () => 4096, suspended: () => undefined, isHeld: () => true, closing },
    spans: new SessionSpans(record, { claimedAt: new Date(), takeovers: 0 }),
    frameRetention: new FrameRetention({ sessionByteLength: 1e6, totalByteLength: 1e6 }, log, closing),
    locateFeatureModel: () => Promise.reject(new Error("A live translation has no feature model.")),
    locateTranslator: async () => generator,
  };
}

/** A live session, and how it is after one more death than may happen at the same frame. */
async function afterDeaths({ isBusy }: { isBusy: boolean }) {
  const { storage } = stored;
  const record = aTranslation(null);
  await storage.sessions.insert(record);
  const session = new LiveSession(record, parts(record), 3_600_000);
  for (let death = 0; death <= MAX_RESTARTS; death++) {
    await session.start(link);
    await session.receive({ type: "free", sessionId: record.id });
    if (isBusy) await bus.publish(`live:${record.id}`, { type: "offer", step: death, picture: Uint8Array.of(1), superseded: 0 });
    await session.died(killed, true);
  }
  const isActive = session.active;
  await session.cancel();
  return { isActive, status: (await storage.sessions.find(record.id))?.status };
}

test("a session with no frame on the device is not blamed for the device's deaths", async () => {
  expect(await afterDeaths({ isBusy: false })).toEqual({ isActive: true, status: "CANCELLED" });
});

test("a session whose frames are on the device each time it dies fails", async () => {
  expect(await afterDeaths({ isBusy: true })).toEqual({ isActive: false, status: "FAILED" });
});

test("a frame that comes before the model is open is announced as waiting for that, and again when the device dies", async () => {
  const record = aTranslation(null);
  await stored.storage.sessions.insert(record);
  const { id } = record;
  const said: string[] = [];
  await bus.subscribe(`live:${id}`, (message) => {
    if (message.type !== "restarted") said.push(`${message.type} ${message.step}`);
  });
  const offer = (step: number) => bus.publish(`live:${id}`, { type: "offer", step, picture: Uint8Array.of(1), superseded: 0 });
  const session = new LiveSession(record, parts(record), 3_600_000);
  await session.start(link);
  await offer(0);
  await session.receive({ type: "free", sessionId: id });
  await session.receive({ type: "begun", sessionId: id, step: 0 });
  expect(said.splice(0)).toEqual(["offer 0", "opening 0", "taken 0", "receipt 0"]);
  // From now on the model is open.
  await offer(1);
  await session.receive({ type: "free", sessionId: id });
  await session.receive({ type: "begun", sessionId: id, step: 1 });
  await offer(2);
  expect(said.splice(0)).toEqual(["offer 1", "receipt 1", "offer 2"]);
  await session.died(killed, true);
  expect(said.splice(0)).toEqual(["opening 2"]);
  await session.start(link);
  await session.receive({ type: "free", sessionId: id });
  expect(said).toEqual(["taken 2"]);
  await session.cancel();
});

test("a session with an output stores a picture from time to time, so that the output holds it if the server is killed", async () => {
  const { storage } = stored;
  const plain = aTranslation(null);
  const record = aTranslation(null, { settings: { ...plain.settings, output: "stage" } });
  for (const each of [plain, record]) await storage.sessions.insert(each);
  const sessions = [plain, record].map((each) => new LiveSession(each, parts(each), 3_600_000, 1));
  for (const session of sessions) await session.start(link);
  for (let step = 0; step < 5; step++) {
    const frame = {
      step,
      picture: Uint8Array.of(step),
      mimeType: "image/jpeg",
      width: 16,
      height: 16,
      losses: null,
      computeMs: 1,
    } as const;
    for (const session of sessions) await session.receive({ type: "frame", sessionId: session.id, ...frame });
    await until(async () => (await storage.frames.latest(record.id))?.step === step);
  }
  await until(async () => (await storage.frames.countOf([record.id], {})).get(record.id) === 2);
  expect(await storage.frames.latest(plain.id)).toBeNull();
  for (const session of sessions) await session.cancel();
  expect((await storage.frames.latest(plain.id))?.step).toBe(4);
});

function translated(sessionId: string, step: number): FrameMessage {
  const size = { width: 16, height: 16 };
  return { type: "frame", sessionId, step, picture: Uint8Array.of(step), mimeType: "image/jpeg", ...size, losses: null, computeMs: 1 };
}

test("its last picture is stored although the ring of recent frames was lost", async () => {
  const { storage } = stored;
  const record = aTranslation(null);
  await storage.sessions.insert(record);
  const session = new LiveSession(record, parts(record), 3_600_000);
  await session.start(link);
  for (const step of [0, 1]) await session.receive(translated(record.id, step));
  await storage.recentFrames.clear(record.id);
  await session.complete();
  expect((await storage.frames.latest(record.id))?.step).toBe(1);
});

test("what its device sends after the claim has run out reaches nobody, and the ring stays to the next host", async () => {
  const { storage } = stored;
  const record = aTranslation(null);
  await storage.sessions.insert(record);
  let isHeld = true;
  const session = new LiveSession(record, { ...parts(record), isHeld: () => isHeld }, 3_600_000);
  await session.start(link);
  const seen: number[] = [];
  await bus.subscribe(`session:${record.id}`, (event) => {
    if (event.type === "frame") seen.push(event.frame.step);
  });
  await session.receive(translated(record.id, 0));
  isHeld = false;
  await session.receive(translated(record.id, 1));
  expect(seen).toEqual([0]);
  expect((await storage.recentFrames.latest(record.id))?.step).toBe(0);
  // Another host has ended the session.
  await storage.sessions.update(record.id, { status: "FAILED" });
  await session.complete();
  expect((await storage.recentFrames.latest(record.id))?.step).toBe(0);
});

test("begins once the database is there again, and leaves the session to others when it is theirs meanwhile", async () => {
  const { storage } = stored;
  const away = new StorageUnavailable("The database cannot be reached.");
  const begin = async (isHeld: () => boolean, failures: number) => {
    const record = aTranslation(null);
    await storage.sessions.insert(record);
    let failed = 0;
    const now = () => (failed++ < failures ? Promise.reject(away) : storage.now());
    const session = new LiveSession(record, { ...parts(record), isHeld, storage: { ...storage, now } }, 3_600_000);
    const isStarted = await session.start(link);
    const { status } = (await storage.sessions.find(record.id))!;
    const { active } = session;
    await session.cancel();
    return { isStarted, status, active };
  };
  expect(await begin(() => true, 2)).toEqual({ isStarted: true, status: "RUNNING", active: true });
  expect(await begin(() => false, 1)).toEqual({ isStarted: false, status: "QUEUED", active: false });
});

test("does not end while no frame can reach it, and has lost ones offered again", async () => {
  const record = aTranslation(null);
  await stored.storage.sessions.insert(record);
  let why: string | null = "Redis cannot be reached.";
  let asked = 0;
  let gap = (): void => undefined;
  const replies: string[] = [];
  const lossy: typeof bus = {
    publish: async (_topic, message) => void ("type" in message && replies.push(message.type)),
    subscribe: async (_topic, _listener, onGap = () => undefined) => {
      gap = onGap;
      return async () => undefined;
    },
    unreachable() {
      asked++;
      return why;
    },
    close: async () => undefined,
  };
  const session = new LiveSession(record, { ...parts(record), bus: lossy }, 20);
  await session.start(link);
  await until(() => asked > 2);
  expect(session.active).toBe(true);
  gap();
  expect(replies).toContain("restarted");
  why = null;
  await until(async () => (await stored.storage.sessions.find(record.id))?.status === "COMPLETED");
  expect(session.active).toBe(false);
});

test("the next host translates no frame that the one before has shown, and nothing older", async () => {
  const { storage } = stored;
  const record = { ...aTranslation(null), status: "RUNNING" } as const;
  await storage.sessions.insert(record);
  const { id } = record;
  const before = new LiveSession(record, parts(record), 3_600_000);
  await before.start(link);
  await before.receive(translated(id, 4));
  await before.lose();
  const sent: number[] = [];
  const receipts: string[] = [];
  await bus.subscribe(`live:${id}`, (message) => {
    if (message.type === "receipt") receipts.push(`${message.step} ${message.status}`);
  });
  const session = new LiveSession(record, parts(record), 3_600_000);
  await session.start({ ...link, send: (message: HostMessage) => void (message.type === "translate" && sent.push(message.step)) });
  await session.receive({ type: "free", sessionId: id });
  for (const step of [4, 3, 5]) await bus.publish(`live:${id}`, { type: "offer", step, picture: Uint8Array.of(1), superseded: 0 });
  await session.receive({ type: "begun", sessionId: id, step: 5 });
  expect([sent, receipts]).toEqual([[5], ["4 ACCEPTED", "3 SUPERSEDED", "5 ACCEPTED"]]);
  await session.cancel();
});

test("of frames that come through two servers, older ones are superseded and doubled ones are translated once", async () => {
  const record = aTranslation(null);
  await stored.storage.sessions.insert(record);
  const { id } = record;
  const sent: number[] = [];
  const watching = { ...link, send: (message: HostMessage) => void (message.type === "translate" && sent.push(message.step)) };
  const receipts: string[] = [];
  await bus.subscribe(`live:${id}`, (message) => {
    if (message.type === "receipt") receipts.push(`${message.step} ${message.status}`);
  });
  const session = new LiveSession(record, parts(record), 3_600_000);
  await session.start(watching);
  for (const step of [6, 5, 6]) await bus.publish(`live:${id}`, { type: "offer", step, picture: Uint8Array.of(1), superseded: 0 });
  await session.receive({ type: "free", sessionId: id });
  await session.receive({ type: "begun", sessionId: id, step: 6 });
  await session.receive({ type: "free", sessionId: id });
  await bus.publish(`live:${id}`, { type: "offer", step: 6, picture: Uint8Array.of(1), superseded: 0 });
  expect([sent, receipts]).toEqual([[6], ["5 SUPERSEDED", "6 ACCEPTED", "6 ACCEPTED"]]);
  await session.cancel();
});
