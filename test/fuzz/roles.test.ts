import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSchema, OperationTypeNode } from "graphql";
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
  const film = await owner.client.query(`mutation { startExport(input: { sessionId: "${first.id}", format: GIF }) { id } }`);
  marks.push(film.startExport.id);
  known.link.push(shareSession.link.id);
  known.export.push(film.startExport.id);
  know(await paint(owner.ownerId, "PUBLIC"));
  for (let count = 0; count < 8; count++) know(await paint(clients.ARTIST.ownerId));
  know(await paint(clients.ADMIN.ownerId, "PUBLIC"));
});

/** What came back, as text. */
interface Reply {
  status: number;
  text: string;
}

function post(client: GraphqlClient, { query, variables }: Operation): Promise<Reply> {
  const body = Buffer.from(JSON.stringify({ query, variables }));
  const sent = { method: "POST", path: "/graphql", headers: { "Content-Type": "application/json" }, body };
  // The receipt of a frame waits for a host, which this server has not.
  return send(client, sent, query.includes("sendFrame"));
}

/**
 * Sends a path as it is, which `fetch` would tidy up first. Streams are left after their first bytes. An impatient client
 * leaves when later requests were answered, with an empty reply.
 */
function send(client: GraphqlClient, { method, path, headers, body }: HttpRequest, impatient = false): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(client.address, { method, path, headers: { ...headers, ...client.credentials }, agent: false }, (response) => {
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
    if (impatient) void askThrice(() => fetch(`${client.address}/healthz`)).then(leave, reject);
    sent.on("error", (cause) => reject(new Error(`No reply to ${method} ${path}`, { cause }))).end(body ?? undefined);
  });
}

async function askThrice(ask: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < 3; count++) await ask();
}

/** The first event of a subscription; an empty reply where there is none before the server has answered later questions. */
async function subscribe(client: GraphqlClient, { query, variables }: Operation): Promise<Reply> {
  const events = client.subscribe(query, variables);
  const ask = async () => {
    for await (const { data } of client.subscribe(`{ session(id: "${hidden[0]?.id}") { id } }`)) expect(data).toBeDefined();
  };
  // A refused operation is an array of errors, anything else is a socket that was closed.
  const refused = (errors: unknown) => (Array.isArray(errors) ? { errors } : Promise.reject(errors));
  const first = events.next().then(({ value }) => value ?? null, refused);
  const reply = await Promise.race([first, askThrice(ask).then(() => null)]);
  await events.return?.();
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
function faultOf(party: Party, asked: string, { status, text }: Reply): string | null {
  if (status >= 500) return `status ${status}`;
  const known = (code: string) => code in errorCodes && code !== "INTERNAL" && code !== "INTERRUPTED";
  const codes = [...text.matchAll(/"code":"(\w*)"/g)].map(([, code = ""]) => code);
  const unknown = codes.find((code) => !known(code));
  if (unknown !== undefined) return `the code ${unknown}`;
  if (insides.test(text.replaceAll(asked, "")) && !insides.test(asked)) return "insides of the server";
  const mark = party === "ADMIN" ? undefined : marks.find((candidate) => text.includes(candidate) && !asked.includes(candidate));
  return mark === undefined ? null : `what is hidden: ${mark.slice(0, 100)}`;
}

test(`${operationCount} random operations of every role find no fault and nothing hidden (seed ${seed})`, async () => {
  const { running, clients } = parties;
  const { bytes } = await pngPicture(16, 16);
  const random = new Random(seed);
  const values = new RandomValues(random, known, Buffer.from(bytes).toString("base64"));
  const operations = new RandomOperations(buildSchema(emittedSchema()), random, values);
  const requests = new RandomRequests(random, values, bytes);

  async function once(party: Party): Promise<string | null> {
    const { client } = clients[party];
    if (random.chance(0.2)) {
      const next = requests.next();
      const reply = await inTime(send(client, next), next);
      const named = hidden.some(({ id, contentId }) => next.path.includes(id) || next.path.includes(contentId));
      // Any text is the name of an output of one's own.
      const seen = named && !next.path.startsWith("/live/out/") && party !== "ADMIN" && next.method === "GET" && reply.status === 200;
      const fault = seen ? "an address of something hidden" : faultOf(party, next.path, reply);
      return fault && `${fault}: ${next.method} ${next.path}`;
    }
    const next = operations.next();
    const reply = await inTime(next.kind === OperationTypeNode.SUBSCRIPTION ? subscribe(client, next) : post(client, next), next);
    // What a mutation made is there for the next operations.
    if (next.kind === OperationTypeNode.MUTATION)
      for (const [, id = ""] of reply.text.matchAll(/"id":"([0-9a-f-]{36})"/g)) if (!known.session.includes(id)) known.session.push(id);
    const fault = faultOf(party, JSON.stringify(next), reply);
    return fault && `${fault}: ${JSON.stringify(next)}\n${reply.text.slice(0, 2000)}`;
  }

  // What an admin makes public is hidden no more, so an admin comes last.
  const strangers = Math.round(operationCount * 0.8);
  for (let count = 0; count < operationCount; count++) {
    const party: Party = count < strangers ? random.pick(["STRANGER", "VIEWER", "ARTIST"]) : "ADMIN";
    const fault = await once(party);
    if (fault !== null) throw new Error(`Operation ${count} of seed ${seed}, by a ${party}, found ${fault}`);
    if (count === strangers - 1) for (const before of hidden) expect(await running.storage.sessions.find(before.id)).toEqual(before);
  }
  expect(running.faults).toEqual([]);
  expect((await fetch(`${running.address}/healthz`)).status).toBe(200);
}, 600_000);
