import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSchema, OperationTypeNode } from "graphql";
import { createClient } from "graphql-sse";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Party } from "../../server/access/policy.js";
import { emittedSchema } from "../../server/api/schema.js";
import { errorCodes } from "../../server/errors.js";
import type { Visibility } from "../../server/records/access.js";
import type { StyleTransferRecord } from "../../server/records/session.js";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";
import { Random } from "./random.js";
import { type Operation, RandomOperations } from "./random-operation.js";
import { type HttpRequest, RandomRequests } from "./random-request.js";
import { type Known, RandomValues } from "./random-values.js";

/** `npm run fuzz` sets both. */
const operationCount = Number(process.env.FUZZ_OPERATIONS ?? 500);
const seed = Number(process.env.FUZZ_SEED ?? 1);

/** How long an answer may take on a busy machine, ms. */
const ANSWER_MS = 60_000;

/** What an answer may never contain: paths of the server, and lines of a stack. */
const insides = /node_modules|file:\/\/|\/(?:tmp|home|root|work|Users)\/|\bat \S+ \(|\.[jt]s:\d+/;

/** Who sends an operation: a party, or a stranger who opened a link to one painting. */
type Sender = Party | "GUEST";

/** Stands for the studio, which has every address that the server does not know. */
const studioFolder = mkdtempSync(join(tmpdir(), "atelier-fuzz-"));
for (const page of ["index.html", "404.html"]) writeFileSync(join(studioFolder, page), "<!doctype html>");
afterAll(() => rmSync(studioFolder, { recursive: true }));

/** So many operations in so little time are refused elsewhere. */
const limits = {
  ...{ strangerOperationsPerMinute: 1e6, strangerUpgradesPerMinute: 1e6, wrongSecretsPerMinute: 1e6 },
  ...{ uploadsPerMinute: 1e6, uploadBytesPerMinute: 1e12, framesPerSecond: 1e6 },
  ...{ openSessions: 1e4, liveSessions: 1e3, paintedSessions: 1e3 },
  ...{ linkSessions: 1e4, linkUploadsPerMinute: 1e6 },
};
const parties = partiesOfFile({ studioFolder, limits });
/** Paintings of an artist who takes no part, which no one but an admin may see. */
const hidden: StyleTransferRecord[] = [];
/** Texts that stand for them: whoever reads one that the request does not name has seen too much. */
const marks: string[] = [];
/** The cookie of the guest. */
const guest = { Cookie: "" };
const known: Known = { session: [], image: [], export: [], link: [], model: ["vgg19", "horse2zebra"] };

function know({ id, contentId }: { id: string; contentId: string }): void {
  known.session.push(id);
  known.image.push(contentId);
}

/** Paints something whose title, note and picture are found nowhere else. */
async function hide(visibility: Visibility): Promise<StyleTransferRecord> {
  const { running, owner, paint } = parties;
  // No other picture is from that year.
  const createdAt = new Date(Date.UTC(1984, 0, 1, 0, 0, 0, hidden.length));
  const names = { title: `Hidden ${crypto.randomUUID()}`, note: `Note ${crypto.randomUUID()}`, createdAt };
  const { id } = await paint(owner.ownerId, visibility, names);
  const session = (await running.storage.sessions.find(id)) as StyleTransferRecord;
  const image = await running.storage.images.find(session.contentId);
  const bytes = image && (await running.storage.blobs.get(image.digest));
  if (!bytes) throw new Error("The picture was not stored.");
  marks.push(...[names.title, names.note, session.id, session.contentId, createdAt.toISOString(), Buffer.from(bytes).toString("base64")]);
  know(session);
  hidden.push(session);
  return session;
}

beforeAll(async () => {
  const { owner, clients, paint } = parties;
  const [first] = [await hide("PRIVATE"), await hide("LINK"), await hide("PRIVATE")];
  const share = "mutation ($id: ID!, $name: String!) { shareSession(sessionId: $id, input: { name: $name }) { secret link { id name } } }";
  const { shareSession } = await owner.client.query(share, { id: hidden[1]?.id, name: `Link ${crypto.randomUUID()}` });
  marks.push(shareSession.secret, shareSession.link.id, shareSession.link.name);
  const film = await owner.client.query(`mutation { startExport(input: { sessionId: "${first.id}", format: GIF, size: 64 }) { id } }`);
  marks.push(film.startExport.id);
  known.link.push(shareSession.link.id);
  known.export.push(film.startExport.id);
  know(await paint(owner.ownerId, "PUBLIC"));
  for (let count = 0; count < 8; count++) know(await paint(clients.ARTIST.ownerId));
  know(await paint(clients.ADMIN.ownerId, "PUBLIC"));
  const shared = await paint(owner.ownerId, "LINK");
  know(shared);
  const toShared = await owner.client.query(share, { id: shared.id, name: "Guests" });
  const opened = await fetch(`${owner.client.address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret: toShared.shareSession.secret }),
  });
  guest.Cookie = opened.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  const find = { query: `{ session(id: "${shared.id}") { id } }`, variables: {} };
  expect((await post("GUEST", { ...find, kind: OperationTypeNode.QUERY })).text).toContain(shared.id);
});

/** What came back, as text. */
interface Reply {
  status: number;
  text: string;
}

function clientOf(sender: Sender): GraphqlClient {
  return parties.clients[sender === "GUEST" ? "STRANGER" : sender].client;
}

function credentialsOf(sender: Sender): Record<string, string> {
  return sender === "GUEST" ? guest : { ...clientOf(sender).credentials };
}

function post(sender: Sender, { query, variables }: Operation): Promise<Reply> {
  const body = Buffer.from(JSON.stringify({ query, variables }));
  const sent = { method: "POST", path: "/graphql", headers: { "Content-Type": "application/json" }, body };
  // The receipt of a frame waits for a host, which this server has not.
  return send(sender, sent, query.includes("sendFrame"));
}

/**
 * Sends a path as it is, which `fetch` would tidy up first. Streams are left after their first bytes. An impatient client
 * leaves when later requests were answered, with an empty reply.
 */
function send(sender: Sender, { method, path, headers, body }: HttpRequest, impatient = false): Promise<Reply> {
  const { address } = clientOf(sender);
  return new Promise((resolve, reject) => {
    const sent = request(address, { method, path, headers: { ...headers, ...credentialsOf(sender) }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      const done = () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("latin1") });
      const isStream = /multipart/.test(response.headers["content-type"] ?? "");
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (isStream) response.destroy();
      });
      response.on("end", done).on("close", done).on("error", done);
    });
    const leave = () => {
      resolve({ status: 0, text: "" });
      sent.destroy();
    };
    if (impatient) void askThrice(() => fetch(`${address}/healthz`)).then(leave, reject);
    sent.on("error", (cause) => reject(new Error(`No reply to ${method} ${path}`, { cause }))).end(body ?? undefined);
  });
}

async function askThrice(ask: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < 3; count++) await ask();
}

/**
 * The first event of a subscription, over the WebSocket or as server-sent events; an empty reply where there is none before
 * the server has answered later questions.
 */
async function subscribe(sender: Sender, { query, variables }: Operation, asEvents: boolean): Promise<Reply> {
  const client = clientOf(sender);
  const stream = createClient({
    ...{ singleConnection: true, retryAttempts: 0, url: `${client.address}/graphql` },
    headers: credentialsOf(sender),
  });
  const start = (text: string, values?: Record<string, unknown>) =>
    asEvents ? stream.iterate({ query: text, variables: values ?? {} }) : client.subscribe(text, values);
  const events = start(query, variables);
  const ask = async () => {
    for await (const { data } of start(`{ session(id: "${hidden[0]?.id}") { id } }`)) expect(data).toBeDefined();
  };
  // A refused operation is an array of errors, anything else is a socket that was closed.
  const refused = (errors: unknown) => (Array.isArray(errors) ? { errors } : Promise.reject(errors));
  const first = events.next().then(({ value }) => value ?? null, refused);
  const reply = await Promise.race([first, askThrice(ask).then(() => null)]);
  await events.return?.();
  stream.dispose();
  return { status: 200, text: reply === null ? "" : JSON.stringify(reply) };
}

/** @throws Error that names what was asked when no answer comes. */
async function inTime(reply: Promise<Reply>, asked: Operation | HttpRequest): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer in ${ANSWER_MS / 1000} s to ${JSON.stringify(asked)}`)), ANSWER_MS);
  });
  return Promise.race([reply, late]).finally(() => clearTimeout(timer));
}

/** What is wrong with the reply to an operation of a party; null when nothing is. */
function faultOf(sender: Sender, asked: string, { status, text }: Reply): string | null {
  if (status >= 500) return `status ${status}`;
  const known = (code: string) => code in errorCodes && code !== "INTERNAL" && code !== "INTERRUPTED";
  const codes = [...text.matchAll(/"code":"(\w*)"/g)].map(([, code = ""]) => code);
  const unknown = codes.find((code) => !known(code));
  if (unknown !== undefined) return `the code ${unknown}`;
  if (insides.test(text.replaceAll(asked, "")) && !insides.test(asked)) return "insides of the server";
  const mark = sender === "ADMIN" ? undefined : marks.find((candidate) => text.includes(candidate) && !asked.includes(candidate));
  return mark === undefined ? null : `what is hidden: ${mark.slice(0, 100)}`;
}

test(`${operationCount} random operations of every role find no fault and nothing hidden (seed ${seed})`, async () => {
  const { running } = parties;
  const { bytes } = await pngPicture(16, 16);
  const random = new Random(seed);
  const values = new RandomValues(random, known, Buffer.from(bytes).toString("base64"));
  const operations = new RandomOperations(buildSchema(emittedSchema()), random, values);
  const requests = new RandomRequests(random, values, bytes);

  async function once(sender: Sender): Promise<string | null> {
    if (random.chance(0.2)) {
      const next = requests.next();
      const reply = await inTime(send(sender, next), next);
      const named = hidden.some(({ id, contentId }) => next.path.includes(id) || next.path.includes(contentId));
      // Any text is the name of an output of one's own.
      const seen = named && !next.path.startsWith("/live/out/") && sender !== "ADMIN" && next.method === "GET" && reply.status === 200;
      const fault = seen ? "an address of something hidden" : faultOf(sender, next.path, reply);
      return fault && `${fault}: ${next.method} ${next.path}`;
    }
    const next = operations.next();
    // A guest is known by a cookie, which pages alone send over a WebSocket.
    const asEvents = sender === "GUEST" || random.chance(0.3);
    const isSubscription = next.kind === OperationTypeNode.SUBSCRIPTION;
    const reply = await inTime(isSubscription ? subscribe(sender, next, asEvents) : post(sender, next), next);
    // What a mutation made is there for the next operations.
    if (next.kind === OperationTypeNode.MUTATION)
      for (const [, id = ""] of reply.text.matchAll(/"id":"([0-9a-f-]{36})"/g)) if (!known.session.includes(id)) known.session.push(id);
    const fault = faultOf(sender, JSON.stringify(next), reply);
    return fault && `${fault}: ${JSON.stringify(next)}\n${reply.text.slice(0, 2000)}`;
  }

  // What an admin makes public is hidden no more, so an admin comes last.
  const strangers = Math.round(operationCount * 0.8);
  for (let count = 0; count < operationCount; count++) {
    const sender: Sender = count < strangers ? random.pick(["STRANGER", "GUEST", "VIEWER", "ARTIST"] as const) : "ADMIN";
    const fault = await once(sender);
    if (fault !== null) throw new Error(`Operation ${count} of seed ${seed}, by a ${sender}, found ${fault}`);
    if (count === strangers - 1) for (const before of hidden) expect(await running.storage.sessions.find(before.id)).toEqual(before);
  }
  expect(running.faults).toEqual([]);
  expect((await fetch(`${running.address}/healthz`)).status).toBe(200);
}, 600_000);
