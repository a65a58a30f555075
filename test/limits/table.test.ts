import { afterEach, expect, test, vi } from "vitest";
import type WebSocket from "ws";
import type { ApiContext } from "../../server/api/context.js";
import { operationContext } from "../../server/api/operation.js";
import { AtelierError } from "../../server/errors.js";
import { DEFAULT_MAX_CONCURRENT, DEFAULT_MAX_LIVE } from "../../server/host/host.js";
import { LIVE_GRACE_MS } from "../../server/host/live-session.js";
import { type LimitName, limitTable } from "../../server/limits/table.js";
import { LIVE_FRAME_MS, LIVE_OPENING_MS } from "../../server/sessions/live/channel.js";
import { aFrame, anImage } from "../contracts/records.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import {
  beginUpload,
  type Caller,
  closeAll,
  guess,
  look,
  openSocket,
  operate,
  plain,
  type Refusal,
  read,
  shareOutput,
  upload,
  visit,
} from "./attempts.js";

const values = {
  uploadsPerMinute: 8,
  uploadBytesPerMinute: 10_000,
  uploadsAtOnce: 1,
  openSessions: 3,
  liveSessions: 1,
  ...{ keptSessions: 6, linkKeptSessions: 8, openLinks: 4, linkOpenLinks: 6 },
  framesPerSecond: 2,
  openExports: 1,
  ownOperations: 8,
  ownSockets: 2,
  ownBytes: 20_000,
  linkSockets: 3,
  linkSessions: 4,
  linkUploadsPerMinute: 10,
  linkBytes: 30_000,
  strangerSockets: 4,
  waitingPictures: 1,
  strangerWaitingPictures: 1,
  strangerUpgradesPerMinute: 5,
  strangerOperationsPerMinute: 3,
  strangerRequestsPerMinute: 20,
  newVisitorsPerAddress: 2,
  newVisitorsPerLink: 4,
  wrongSecretsPerMinute: 2,
  uploadBytes: 5000,
  pixels: 10_000,
  jpegPixels: 20_000,
  changes: 1,
  queuedSessions: 20,
  sockets: 12,
};
const parties = partiesOfFile({ limits: values, trustedProxies: ["127.0.0.1"] });
const { running } = parties;

const PING = "{ server { version } }";
const TRANSLATE = 'mutation ($image: ID) { startTranslation(input: { model: "horse2zebra", imageId: $image }) { id } }';
const SEND = 'mutation ($id: ID!, $step: Int!) { sendFrame(input: { sessionId: $id, step: $step, data: "AAAA" }) { step } }';
const FILM = "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF }) { id } }";
const STEER = "mutation ($id: ID!) { steer(sessionId: $id, changes: { beta: 3 }) { id } }";
const many = (count: number, field: string) => Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(" ");
const repeated = (count: number, before: string, after: string) => `{ ${before.repeat(count)}name${after.repeat(count)} }`;

const sockets: WebSocket[] = [];
afterEach(() => closeAll(sockets));

/** What someone does again and again. */
type Attempt = (place: number) => Promise<Refusal>;

/** The refusal after which someone has reached a limit. Fails when 50 attempts are allowed, and none at all. */
async function exceed(attempt: Attempt): Promise<Refusal> {
  for (let place = 0; place < 50; place++) {
    const refusal = await attempt(place);
    if (refusal?.code !== "LIMIT") continue;
    expect(place).toBeGreaterThan(0);
    return refusal;
  }
  throw new Error("Nothing was refused.");
}

/** Sends one operation. */
const operation = (query: string) => async (who: Someone) => operate(who.client, query);

const startsOf = (who: Someone): Attempt => {
  const image = anImage({ ownerId: who.ownerId, byteLength: 1 });
  return async (place) => {
    if (place === 0) await running.storage.images.insert(image);
    return operate(who.client, TRANSLATE, { image: image.id });
  };
};

/** Someone keeps `count` paintings before the second attempt. */
const keeping = (who: Someone, count: number, attempt: Attempt): Attempt => {
  return async (place) => {
    for (let kept = 0; place === 1 && kept < count; kept++) await parties.paint(who.ownerId);
    return attempt(place);
  };
};

const filmsOf =
  (who: Someone, session: Promise<{ id: string }>): Attempt =>
  async () =>
    operate(who.client, FILM, { id: (await session).id });

/** A finished painting of someone, with enough pictures that its films take a while. */
async function painted({ ownerId }: Someone): Promise<{ id: string }> {
  const session = await parties.paint(ownerId);
  const digest = await running.storage.blobs.put(new Uint8Array(await plain(256, 256, "png")));
  for (let step = 1; step < 150; step++) await running.storage.frames.insert(aFrame(session.id, step, { digest, byteLength: 1 }));
  return session;
}

/** Exports the picture of a painting; at the second time, many at once. */
function stillsOf({ address, credentials }: GraphqlClient, paint: () => Promise<{ id: string }>, from = ""): Attempt {
  const session = paint();
  const headers = { ...credentials, ...(from === "" ? {} : { "X-Forwarded-For": from }) };
  return async (place) => {
    const path = `/sessions/${(await session).id}/export.png`;
    const refusals = await Promise.all(Array.from({ length: place === 0 ? 1 : 12 }, () => read(address + path, headers)));
    return refusals.find((refusal) => refusal !== null) ?? null;
  };
}

/** How each owner comes to their limit; each by themselves. */
const byOwners = {
  uploadsPerMinute: (who) => async () => upload(who.client, await plain(16, 16, "png")),
  uploadBytesPerMinute: (who) => () => upload(who.client),
  uploadsAtOnce: (who) => async (place) => {
    const giveUp = place === 0 ? () => undefined : await beginUpload(who.client);
    const refusal = await upload(who.client, await plain(16, 16, "png"));
    giveUp();
    return refusal;
  },
  openSessions: startsOf,
  keptSessions: (who) => keeping(who, values.keptSessions - 1, () => operate(who.client, TRANSLATE)),
  openLinks: (who) => () => shareOutput(who.client),
  framesPerSecond: (who) => {
    const live = who.client.query(TRANSLATE);
    return async (place) => operate(who.client, SEND, { id: (await live).startTranslation.id, step: place });
  },
  openExports: (who) => filmsOf(who, painted(who)),
  ownSockets: (who) => () => openSocket(sockets, who.client),
  ownOperations: (who) => async (place) => {
    const LISTS = "{ sessions(first: 1) { totalCount } }";
    const refusals = await Promise.all(Array.from({ length: place === 0 ? 1 : 40 }, () => operate(who.client, LISTS)));
    return refusals.find((refusal) => refusal !== null) ?? null;
  },
  waitingPictures: (who) => stillsOf(who.client, async () => parties.paint(who.ownerId)),
  ownBytes: (who) => async (place) => {
    if (place === 1) await running.storage.images.insert(anImage({ ownerId: who.ownerId, byteLength: 19_000 }));
    return upload(who.client);
  },
} satisfies Partial<Record<LimitName, (who: Someone) => Attempt>>;

/** The address of a picture that everyone may see. */
const shown = async () => `/images/${(await parties.paint(parties.owner.ownerId, "PUBLIC")).contentId}`;

/** The secret of a new link. */
async function linkSecret(): Promise<string> {
  const target = { kind: "ACCESS", role: "ARTIST" } as const;
  return (await running.app.links.create({ name: "Leaked", ownerId: "tests", expiresAt: null }, target)).secret;
}

/** How strangers at an address come to their limit. */
const byAddresses = {
  strangerSockets: (from) => () => openSocket(sockets, stranger(), from),
  strangerUpgradesPerMinute: (from) => async () => {
    const refusal = await openSocket(sockets, stranger(), from);
    await closeAll(sockets);
    return refusal;
  },
  strangerOperationsPerMinute: (from) => () => operate(stranger(), "{ __typename }", {}, from),
  strangerWaitingPictures: (from) => stillsOf(stranger(), () => parties.paint(parties.owner.ownerId, "PUBLIC"), from),
  strangerRequestsPerMinute: (from) => () => look(running.address, shown(), from),
  newVisitorsPerAddress: (from) => {
    const secret = linkSecret();
    return async () => guess(running.address, from, await secret);
  },
  wrongSecretsPerMinute: (from) => () => guess(running.address, from),
} satisfies Partial<Record<LimitName, (from: string) => Attempt>>;

/** What is too much by itself, whoever asks for it. */
const bySize = {
  subscriptionsPerSocket: async ({ client }) => {
    const watching = Array.from({ length: limitTable.subscriptionsPerSocket.value }, () =>
      client.subscribe("subscription { sessions { id } }"),
    );
    const first = watching.map((one) => one.next());
    const refused: unknown = await client
      .subscribe(PING)
      .next()
      .catch((errors: unknown) => errors);
    for (const one of watching) await one.return?.();
    await Promise.all(first);
    return (refused as { extensions: Refusal }[])[0]?.extensions ?? null;
  },
  messageBytes: operation(`${PING} #${"x".repeat(limitTable.messageBytes.value)}`),
  tokens: operation(`{ ${"a ".repeat(limitTable.tokens.value)} }`),
  depth: operation(repeated(limitTable.depth.value + 1, "session(id: 1) { ", " }")),
  introspectionDepth: operation(`{ __type(name: "Frame") ${repeated(limitTable.introspectionDepth.value, "ofType { ", " }")} }`),
  aliases: operation(`{ ${many(limitTable.aliases.value + 1, "server { version }")} }`),
  fields: operation(`{ ${"__typename ".repeat(limitTable.fields.value + 1)} }`),
  cost: operation("{ sessions(first: 100) { edges { node { frames(first: 100) { edges { node { data } } } } } } }"),
  dataBytes: async (who) => {
    const bytes = new Uint8Array(limitTable.dataBytes.value / 8).fill(7);
    const { id } = await parties.paint(who.ownerId);
    const digest = await running.storage.blobs.put(bytes);
    await running.storage.frames.insert(aFrame(id, 1, { digest, byteLength: bytes.byteLength }));
    return operate(who.client, `{ ${many(9, `frame(sessionId: "${id}", step: 1) { data }`)} }`);
  },
  readMs: async () => {
    const { sessions } = operationContext({ storage: running.storage } as ApiContext, () => false).storage;
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => {
      now += limitTable.readMs.value;
      return now;
    });
    await sessions.find("x");
    clock.mockRestore();
    const error: unknown = await sessions.find("x").catch((cause: unknown) => cause);
    if (!(error instanceof AtelierError)) return null;
    const { limit, limitName } = error.detail;
    return { code: error.code, ...(limit === undefined ? {} : { limit }), ...(limitName === undefined ? {} : { limitName }) };
  },
  uploadBytes: ({ client }) => upload(client, new Uint8Array(values.uploadBytes + 1)),
  pixels: async ({ client }) => upload(client, await plain(101, 100, "png")),
  jpegPixels: async ({ client }) => upload(client, await plain(201, 100, "jpeg")),
} satisfies Partial<Record<LimitName, (who: Someone) => Promise<Refusal>>>;

/** What a program does with the secret of a link until it has as much as one owner may, and then a visitor who opened that link. */
async function afterAnother({ client }: Someone, most: number, attempt: (who: Caller) => Promise<Refusal>): Promise<Attempt> {
  const visitor = await visit(running.address, `192.0.2.${most}`, client.token ?? "");
  return (place) => attempt(place < most ? client : visitor);
}

/** How everyone together comes to the limit of the server, or of something in it. */
const together = {
  changes: async (who) => {
    const { id } = await parties.paint(who.ownerId, "PRIVATE", { status: "PAUSED", finishedAt: null });
    return () => operate(who.client, STEER, { id });
  },
  newVisitorsPerLink: async () => {
    const secret = await linkSecret();
    return (place) => guess(running.address, `192.0.2.${place + 100}`, secret);
  },
  linkSockets: (who) => afterAnother(who, values.ownSockets, (caller) => openSocket(sockets, caller)),
  linkSessions: (who) => afterAnother(who, values.openSessions, (caller) => operate(caller, TRANSLATE)),
  linkKeptSessions: async (who) => {
    const start = await afterAnother(who, 0, (caller) => operate(caller, TRANSLATE));
    return keeping(who, values.linkKeptSessions - 1, start);
  },
  linkOpenLinks: (who) => afterAnother(who, values.openLinks, shareOutput),
  linkUploadsPerMinute: (who) => afterAnother(who, values.uploadsPerMinute, async (caller) => upload(caller, await plain(16, 16, "png"))),
  linkBytes: async (who) => {
    const attempt = await afterAnother(who, 0, (caller) => upload(caller));
    return async (place) => {
      if (place === 1) await running.storage.images.insert(anImage({ ownerId: who.ownerId, byteLength: 28_000 }));
      return attempt(place);
    };
  },
  queuedSessions: async () => startsOf(parties.clients.ADMIN),
  exports: async () => filmsOf(parties.clients.ADMIN, painted(parties.clients.ADMIN)),
  sockets: async () => () => openSocket(sockets, parties.clients.ADMIN.client),
} satisfies Partial<Record<LimitName, (who: Someone) => Promise<Attempt>>>;

/** What is no refusal: sessions wait, or end. Those of owners have tests of their own. */
const inForce = {
  ...{ linkRunningSessions: DEFAULT_MAX_CONCURRENT - 1, linkRunningLiveSessions: DEFAULT_MAX_LIVE - 1 },
  runningSessions: DEFAULT_MAX_CONCURRENT,
  runningLiveSessions: DEFAULT_MAX_LIVE,
  liveFrameMs: LIVE_FRAME_MS,
  liveOpeningMs: LIVE_OPENING_MS,
  liveIdleMs: LIVE_GRACE_MS,
} satisfies Partial<Record<LimitName, number>>;

/** What does not become less by waiting. */
const lasting = new Set(["ownBytes", "linkBytes", "changes", "keptSessions", "linkKeptSessions", "openLinks", "linkOpenLinks"]);

const stranger = () => new GraphqlClient(running.address);
const limitOf = (name: string) =>
  ({ ...Object.fromEntries(Object.entries(limitTable).map(([key, { value }]) => [key, value])), ...values })[name];

test("every limit of the table is tested here", () => {
  const tested = [byOwners, byAddresses, bySize, together, inForce].flatMap((limits) => Object.keys(limits));
  expect([...tested, "keptFilms", "liveSessions", "paintedSessions"].sort()).toEqual(Object.keys(limitTable).sort());
});

test.each(Object.entries<(who: Someone) => Attempt>(byOwners))("%s is a limit of one owner", async (name, attemptsOf) => {
  const [one, other] = [await parties.someone("ARTIST"), await parties.someone("ARTIST")];
  const refusal = await exceed(attemptsOf(one));
  expect(refusal).toMatchObject({ code: "LIMIT", limit: limitOf(name), limitName: name });
  if (!lasting.has(name)) expect(refusal).toMatchObject({ retryAfter: expect.any(Number), retryAfterHeader: expect.any(Number) });
  const served = await attemptsOf(other)(0);
  expect(served?.code).not.toBe("LIMIT");
});

test.each(Object.entries<(from: string) => Attempt>(byAddresses))(
  "%s is a limit of one address, for strangers only",
  async (name, attemptsFrom) => {
    const from = `203.0.113.${name.length}`;
    const refusal = await exceed(attemptsFrom(from));
    expect(refusal).toMatchObject({ code: "LIMIT", limit: limitOf(name), limitName: name, retryAfter: expect.any(Number) });
    expect(refusal).toMatchObject({ retryAfterHeader: expect.any(Number) });
    expect((await attemptsFrom(`198.51.100.${name.length}`)(0))?.code).not.toBe("LIMIT");
    // A class shares an address with whoever fills it.
    const { client } = await parties.someone("VIEWER");
    expect(await operate(client, PING, {}, from)).toBeNull();
    expect(await openSocket(sockets, client, from)).toBeNull();
  },
);

test.each(Object.entries<(who: Someone) => Promise<Refusal>>(bySize))("%s is a limit of what one asks for", async (name, beyond) => {
  const refusal = await beyond(await parties.someone("ARTIST"));
  expect(refusal).toMatchObject({ code: "LIMIT", limit: limitOf(name), limitName: name });
  if (name === "subscriptionsPerSocket") expect(refusal?.retryAfter).toBeGreaterThan(0);
  expect(await operate((await parties.someone("ARTIST")).client, PING)).toBeNull();
});

test("of sessions that are started at once, no more begin than their owner may have", async () => {
  const who = await parties.someone("ARTIST");
  const image = await running.storage.images.insert(anImage({ ownerId: who.ownerId, byteLength: 1 }));
  const refusals = await Promise.all(Array.from({ length: 6 }, () => operate(who.client, TRANSLATE, { image: image.id })));
  expect(refusals.filter((refusal) => refusal === null)).toHaveLength(values.openSessions);
});

test("a refusal says in words how long to wait", async () => {
  const { client } = await parties.someone("ARTIST");
  for (let session = 0; session < values.openSessions; session++) await client.query(TRANSLATE);
  const { errors } = await client.send(TRANSLATE);
  expect(errors?.[0]?.message).toBe("The limit for you is 3 sessions. Try again in 10 seconds.");
});

test("liveSessions is a limit of one owner, beyond which live translations wait", async () => {
  const { client, ownerId } = await parties.someone("ARTIST");
  const image = await running.storage.images.insert(anImage({ ownerId, byteLength: 1 }));
  const start = async (variables = {}) => (await client.query(TRANSLATE, variables)).startTranslation.id;
  const [first, second, painted] = [await start(), await start(), await start({ image: image.id })];
  const statusOf = async (id: string) => (await running.storage.sessions.find(id))?.status;
  // Sessions of the tests before are claimed too.
  const claimThrough = async (id: string) => {
    while ((await statusOf(id)) === "QUEUED") await running.host.claim();
  };
  await claimThrough(painted);
  expect([await statusOf(first), await statusOf(second)]).toEqual(["RUNNING", "QUEUED"]);
  await client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: first });
  await claimThrough(second);
  expect(await statusOf(second)).toBe("RUNNING");
});

test.each(Object.entries<(who: Someone) => Promise<Attempt>>(together))("%s is a limit for all together", async (name, attemptsOf) => {
  const refusal = await exceed(await attemptsOf(await parties.someone("ARTIST")));
  expect(refusal).toMatchObject({ code: "LIMIT", limit: limitOf(name), limitName: name });
  if (!lasting.has(name)) expect(refusal).toMatchObject({ retryAfter: expect.any(Number), retryAfterHeader: expect.any(Number) });
  expect(await operate((await parties.someone("ARTIST")).client, PING)).toBeNull();
});

test.each(Object.entries(inForce))("%s is in force", (name, value) => expect(value).toBe(limitOf(name)));

test("the server publishes its limits with their values", async () => {
  const { server } = await parties.clients.VIEWER.client.query("{ server { limits { name value unit per description } } }");
  const expected = Object.entries(limitTable).map(([name, limit]) => ({ ...limit, name, value: limitOf(name) }));
  expect(server.limits).toEqual(expected);
});

test("admins have no limits of owners", async () => {
  const { client } = parties.clients.ADMIN;
  for (let count = 0; count <= values.uploadsPerMinute; count++) expect(await upload(client, await plain(16, 16, "png"))).toBeNull();
});

test("operations over a socket count as those over HTTP, and subscriptions do not", async () => {
  const { client } = await parties.someone("ARTIST");
  const watching = Array.from({ length: values.ownOperations }, () => client.subscribe("subscription { sessions { id } }"));
  const first = watching.map((one) => one.next());
  const answers = await Promise.all(Array.from({ length: 40 }, () => client.subscribe("{ sessions(first: 1) { totalCount } }").next()));
  const codes = answers.map(({ value }) => value.errors?.[0]?.extensions.limitName ?? null);
  expect(new Set(codes)).toEqual(new Set([null, "ownOperations"]));
  for (const one of watching) await one.return?.();
  await Promise.all(first);
  expect(await operate(client, PING)).toBeNull();
});

test("a socket that turns out to be one too many of its owner is closed, and no other", async () => {
  const { client } = await parties.someone("ARTIST");
  for (let count = 0; count < values.ownSockets; count++) expect(await openSocket(sockets, client)).toBeNull();
  // Its secret comes only after it was opened.
  expect(await openSocket(sockets, stranger(), "192.0.2.77")).toBeNull();
  const late = sockets.at(-1);
  const closed = new Promise((resolve) => late?.once("close", resolve));
  late?.send(JSON.stringify({ type: "connection_init", payload: { token: client.token } }));
  expect(await closed).toBe(4429);
  expect(sockets.filter(({ readyState }) => readyState === 1)).toHaveLength(values.ownSockets);
});
