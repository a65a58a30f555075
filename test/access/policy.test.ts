import { createClient } from "graphql-sse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Entry, parties as everyParty, type Party, policy, type Route, routePolicy, rules } from "../../server/access/policy.js";
import { newSecret } from "../../server/access/secrets.js";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { aFrame, aTranslation } from "../contracts/records.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";
import { until } from "../helpers/until.js";
import { KeptPaintings } from "./kept-paintings.js";

// Credentials that open nothing are tried by the hundred.
const parties = partiesOfFile({ limits: { wrongSecretsPerMinute: 1e6 } });
const kept = new KeptPaintings(parties);

/** Whose session an operation is tried on, and who may see it. */
const targets = ["PRIVATE", "LINK", "PUBLIC", "OWN"] as const;
type Target = (typeof targets)[number];

/** What a party gets: the operation is carried out, or refused with a code; null data stands for NOT_FOUND. */
type Outcome = "CARRIED OUT" | "UNAUTHENTICATED" | "NOT_FOUND" | "FORBIDDEN";

/** What the table of rules says, in the words of the issue: NOT_FOUND for what one may not see, FORBIDDEN for what one may not do. */
function expected({ rule, subjects }: Entry, party: Party, target: Target): Outcome {
  const extent = rules[rule][party];
  if (extent === "ALL") return "CARRIED OUT";
  const stranger = party === "STRANGER";
  if (extent === "NONE" && stranger) return "UNAUTHENTICATED";
  if (subjects.length > 0) {
    const own = target === "OWN";
    // Links are the business of their owners alone.
    const visible = own || (target === "PUBLIC" && subjects.every(({ kind }) => kind !== "link"));
    if (!visible) return stranger ? "UNAUTHENTICATED" : "NOT_FOUND";
    if (extent === "OWN" && own) return "CARRIED OUT";
  }
  return extent === "VISIBLE" ? "CARRIED OUT" : "FORBIDDEN";
}

/**
 * The session of a cell: of the party itself where it can own one, else of another artist. A mutation gets one of its own; what
 * only reads finds the same ones again.
 */
function paintFor(name: string, { subjects }: Entry, party: Party, target: Target): Promise<StyleTransferRecord> {
  const { clients, owner, paint } = parties;
  const [whose, visibility] = target === "OWN" ? ([clients[party], "PRIVATE"] as const) : ([owner, target] as const);
  const session = () => paint(whose.ownerId, visibility);
  if (subjects.some(({ kind }) => kind === "export")) return kept.filmed(whose, visibility, session);
  return name.startsWith("Mutation.") && subjects.length > 0 ? session() : kept.painting(`${whose.ownerId} ${visibility}`, session);
}

const cells = (entry: Entry): [Party, Target][] =>
  everyParty.flatMap((party) =>
    (entry.subjects.length === 0 ? (["PRIVATE"] as const) : targets)
      // A stranger owns nothing. A viewer does who came by an artist's link before.
      .filter((target) => target !== "OWN" || party !== "STRANGER")
      .map((target): [Party, Target] => [party, target]),
  );

interface Sample {
  query: string;
  variables?(session: StyleTransferRecord): Promise<Record<string, unknown>> | Record<string, unknown>;
  /** Makes an event of a subscription that has no first one. */
  trigger?(session: StyleTransferRecord): Promise<unknown>;
}

const ofSession = ({ id }: StyleTransferRecord) => ({ id });
const image = ({ contentId }: StyleTransferRecord) => ({ id: contentId });
const on = (mutation: string, more = ""): Sample => ({
  query: `mutation ($id: ID!) { ${mutation}(sessionId: $id${more}) { id } }`,
  variables: ofSession,
});
const film = (session: StyleTransferRecord) => kept.film(session);
const adminQuery = (query: string) => parties.running.client.query(query);

const operations: Record<string, Sample> = {
  "Query.__schema": { query: "{ __schema { queryType { name } } }" },
  "Query.__type": { query: '{ __type(name: "Query") { name } }' },
  "Query.server": { query: "{ server { access { mode role } } }" },
  "Query.session": { query: "query ($id: ID!) { session(id: $id) { id title } }", variables: ofSession },
  "Query.sessions": { query: "{ sessions { edges { node { id } } } }" },
  "Query.queue": { query: "{ queue { id } }" },
  "Query.frame": { query: "query ($id: ID!) { frame(sessionId: $id, step: 0) { step } }", variables: ofSession },
  "Query.image": { query: "query ($id: ID!) { image(id: $id) { id } }", variables: image },
  "Query.images": { query: "{ images { edges { node { id } } } }" },
  "Query.export": { query: "query ($id: ID!) { export(id: $id) { id } }", variables: film },
  "Query.model": { query: '{ model(id: "vgg19") { id } }' },
  "Query.models": { query: "{ models { id } }" },
  "Query.links": { query: "{ links { id } }" },
  "Query.auditLog": { query: "{ auditLog { action } }" },
  "Query.usage": { query: "{ usage { ownerId name sessions bytes } }" },
  "Query.users": { query: "{ users { id } }" },
  "Mutation.renewAccess": { query: `mutation { renewAccess(token: "${"a".repeat(32)}") { role } }` },
  "Mutation.startStyleTransfer": {
    query: "mutation ($id: ID!) { startStyleTransfer(input: { contentId: $id, styles: [{ imageId: $id }] }) { id } }",
    variables: async () => ({ id: (await parties.paint(parties.owner.ownerId, "PUBLIC")).contentId }),
  },
  "Mutation.startTranslation": { query: 'mutation { startTranslation(input: { model: "horse2zebra" }) { id } }' },
  "Mutation.importTrace": { query: 'mutation { importTrace(trace: "{}") { id } }' },
  "Mutation.branchSession": on("branchSession", ", step: 0"),
  "Mutation.keepFrame": on("keepFrame", ", step: 0"),
  "Mutation.startExport": {
    query: "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, size: 1 }) { id } }",
    variables: ofSession,
  },
  "Mutation.steer": on("steer", ", changes: { beta: 1 }"),
  "Mutation.pauseSession": on("pauseSession"),
  "Mutation.resumeSession": on("resumeSession"),
  "Mutation.cancelSession": on("cancelSession"),
  "Mutation.endSession": on("endSession"),
  "Mutation.renameSession": on("renameSession", ', title: "Theirs"'),
  "Mutation.annotateSession": on("annotateSession", ", starred: true"),
  "Mutation.extendSession": on("extendSession", ", seconds: 60"),
  "Mutation.deleteSession": { query: "mutation ($id: ID!) { deleteSession(sessionId: $id) }", variables: ofSession },
  "Mutation.setVisibility": on("setVisibility", ", visibility: PUBLIC"),
  "Mutation.reviewSession": on("reviewSession", ", approve: true"),
  "Mutation.shareSession": {
    query: 'mutation ($id: ID!) { shareSession(sessionId: $id, input: { name: "x" }) { secret } }',
    variables: ofSession,
  },
  "Mutation.sendFrame": {
    query: 'mutation ($id: ID!) { sendFrame(input: { sessionId: $id, step: 0, data: "AAAA" }) { step } }',
    variables: ofSession,
  },
  "Mutation.deleteImage": { query: "mutation ($id: ID!) { deleteImage(id: $id) }", variables: image },
  "Mutation.setImageVisibility": {
    query: "mutation ($id: ID!) { setImageVisibility(id: $id, visibility: LINK) { id } }",
    variables: image,
  },
  "Mutation.cancelExport": { query: "mutation ($id: ID!) { cancelExport(id: $id) { id } }", variables: film },
  "Mutation.shareOutput": { query: 'mutation { shareOutput(output: "wall", input: { name: "x" }) { path } }' },
  "Mutation.createLink": { query: 'mutation { createLink(input: { name: "x", role: VIEWER }) { path } }' },
  "Mutation.createToken": { query: 'mutation { createToken(input: { name: "x", role: VIEWER }) { secret } }' },
  "Mutation.setUserAccess": {
    query: "mutation ($id: ID!) { setUserAccess(id: $id, allowed: true) { id } }",
    variables: async ({ id }) => {
      const account = { issuer: "https://id.example", subject: id, name: "Someone", role: "VIEWER" } as const;
      await parties.running.storage.access.saveUser({ id, ...account, lastSignInAt: new Date(), accessEndedAt: null });
      return { id };
    },
  },
  "Mutation.revokeLink": {
    query: "mutation ($id: ID!) { revokeLink(id: $id) { id } }",
    async variables(session) {
      const share = { kind: "SHARE", sessionId: session.id } as const;
      const { link } = await parties.running.app.links.create({ name: "x", ownerId: session.ownerId, expiresAt: null }, share);
      return { id: link.id };
    },
  },
  "Mutation.moveInQueue": on("moveInQueue", ", position: 1"),
  "Mutation.downloadModel": { query: 'mutation { downloadModel(id: "vgg19") { id } }' },
  "Mutation.cancelDownload": { query: 'mutation { cancelDownload(id: "vgg19") { id } }' },
  "Subscription.session": { query: "subscription ($id: ID!) { session(id: $id) { __typename } }", variables: ofSession },
  "Subscription.viewers": { query: "subscription ($id: ID!) { viewers(id: $id) }", variables: ofSession },
  "Subscription.exportChanged": { query: "subscription ($id: ID!) { exportChanged(id: $id) { id } }", variables: film },
  "Subscription.sessions": {
    query: "subscription { sessions { id } }",
    trigger: async () => {
      const { id } = await parties.paint(parties.owner.ownerId, "PUBLIC");
      await adminQuery(`mutation { renameSession(sessionId: "${id}", title: "Seen") { id } }`);
    },
  },
  "Subscription.sessionRemovals": {
    query: "subscription { sessionRemovals }",
    trigger: async () => {
      const { id } = await parties.paint(parties.owner.ownerId, "PUBLIC");
      await adminQuery(`mutation { deleteSession(sessionId: "${id}") }`);
    },
  },
  "Subscription.readiness": { query: "subscription { readiness { obstacle } }" },
  "Subscription.models": {
    query: "subscription { models { id } }",
    trigger: async () => parties.running.models.change("vgg19", {}),
  },
  "Subscription.liveOutput": { query: 'subscription { liveOutput(name: "wall") { step } }' },
};

/** An output of a party's own, which has a picture. */
async function hangOutput({ ownerId }: Someone): Promise<void> {
  const { storage } = parties.running;
  const settings = { model: "m", family: "CYCLEGAN", size: 64, output: "wall" } as const;
  const shown = aTranslation(null, { ownerId, settings, status: "COMPLETED" });
  await storage.sessions.insert(shown);
  const { bytes } = await pngPicture(16, 16);
  const digest = await storage.blobs.put(new Uint8Array(bytes));
  await storage.frames.insert(aFrame(shown.id, 0, { digest, mimeType: "image/png", byteLength: bytes.byteLength }));
}

async function outcomeOf(name: string, party: Party, session: StyleTransferRecord): Promise<Outcome> {
  const { query, variables, trigger } = operations[name]!;
  const { client } = parties.clients[party];
  const values = (await variables?.(session)) ?? {};
  if (!name.startsWith("Subscription.")) return outcomeOverHttp(client, query, values);
  if (name === "Subscription.liveOutput" && party !== "STRANGER") await hangOutput(parties.clients[party]);
  const events = client.subscribe(query, values);
  const first = events.next();
  const isOver = Symbol("over");
  // What it does not hear before it is subscribed comes again.
  const over = first.then(() => isOver);
  while (trigger && (await Promise.race([over, trigger(session)])) !== isOver) await new Promise((resolve) => setImmediate(resolve));
  const { value } = await first;
  await events.return?.();
  return outcome(value);
}

/** The outcome of a query or mutation over HTTP, whose status says whether valid credentials are missing. */
async function outcomeOverHttp(client: GraphqlClient, query: string, values: Record<string, unknown>, headers = {}): Promise<Outcome> {
  const { status, answer } = await client.exchange(query, values, headers);
  const found = outcome(answer);
  expect(status === 401, `${found} with the status ${status}`).toBe(found === "UNAUTHENTICATED");
  return found;
}

function outcome({ data, errors }: { data?: Record<string, unknown> | null; errors?: { extensions: { code: string } }[] }): Outcome {
  const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
  expect(codes).not.toContain("INTERNAL");
  for (const code of ["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"] as const) if (codes.includes(code)) return code;
  const values = Object.values(data ?? {});
  return codes.length === 0 && values.length > 0 && values.every((value) => value === null) ? "NOT_FOUND" : "CARRIED OUT";
}

describe.each(Object.entries(policy))("%s", (name, entry) => {
  test.each(cells(entry))("%s on a session that is %s", async (party, target) => {
    const session = await paintFor(name, entry, party, target);
    expect(await outcomeOf(name, party, session)).toBe(expected(entry, party, target));
  });
});

const routes: Record<Route, (session: StyleTransferRecord) => Promise<string> | string> = {
  "POST /images": () => "/images",
  "GET /images/:id": ({ contentId }) => `/images/${contentId}`,
  "GET /frames/:sessionId/:step": ({ id }) => `/frames/${id}/0`,
  "GET /sessions/:id/export.:format": ({ id }) => `/sessions/${id}/export.png`,
  "GET /sessions/:id/trace.json": ({ id }) => `/sessions/${id}/trace.json`,
  "GET /sessions/:id/stream.mjpeg": ({ id }) => `/sessions/${id}/stream.mjpeg`,
  "GET /exports/:id": (session) => `/exports/${film(session).id}`,
  "GET /live/out/:name.mjpeg": () => "/live/out/wall.mjpeg",
  "GET /models/:id/preview": () => "/models/afar/preview",
  "GET /models/:id/sheet": () => "/models/afar/sheet",
  "GET /schema.graphql": () => "/schema.graphql",
  "GET /metrics": () => "/metrics",
};

const statuses: Record<Outcome, number> = { "CARRIED OUT": 200, UNAUTHENTICATED: 401, FORBIDDEN: 403, NOT_FOUND: 404 };

async function statusOf({ address, credentials }: GraphqlClient, route: Route, session: StyleTransferRecord): Promise<number> {
  const [method = "GET"] = route.split(" ");
  const body = method === "POST" ? new Blob([new Uint8Array((await pngPicture(20, 20)).bytes)]) : null;
  const response = await fetch(address + (await routes[route](session)), { method, body, headers: credentials });
  await response.body?.cancel();
  return response.status;
}

describe.each(Object.entries(routePolicy) as [Route, Entry][])("%s", (route, entry) => {
  test.each(cells(entry))("%s on a session that is %s", async (party, target) => {
    const status = await statusOf(parties.clients[party].client, route, await paintFor(route, entry, party, target));
    const wanted = statuses[expected(entry, party, target)];
    if (wanted !== 200) return expect(status).toBe(wanted);
    // A model without a picture is not found by whoever may ask.
    const others: Partial<Record<Route, number>> = { "GET /models/:id/preview": 404, "GET /models/:id/sheet": 404, "POST /images": 201 };
    expect(status).toBe(others[route] ?? 200);
  });
});

const ROLE = "{ server { access { role } } }";

type SecretKind = "TOKEN" | "ACCESS";

/** Clients whose secrets open nothing any more, or never did. `clientOf` makes one of a secret that still opens something. */
const secretless: Record<string, (clientOf: (secret: string) => Promise<GraphqlClient>, kind: SecretKind) => Promise<GraphqlClient>> = {
  async revoked(clientOf, kind) {
    const { link, secret } = await adminLink(kind);
    const client = await clientOf(secret);
    expect((await client.query(ROLE)).server.access.role).toBe("ADMIN");
    await parties.running.app.links.revoke(link.id);
    return client;
  },
  async expired(clientOf, kind) {
    const client = await clientOf((await adminLink(kind, new Date(Date.now() + 1500))).secret);
    await until(async () => (await client.send(ROLE)).data?.server.access.role !== "ADMIN");
    return client;
  },
  forged: (clientOf) => clientOf(newSecret()),
};

function adminLink(kind: SecretKind, expiresAt: Date | null = null) {
  const target = kind === "TOKEN" ? ({ kind, role: "ADMIN", replaces: null } as const) : ({ kind, role: "ADMIN" } as const);
  return parties.running.app.links.create({ name: "x", ownerId: "tests", expiresAt }, target);
}

/** The Cookie header of a browser that opens a link; of a secret that opens none, one with that. */
async function cookieFor(secret: string): Promise<string> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${parties.running.address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
  return response.headers.get("Set-Cookie")?.split(";")[0] ?? `atelier=${secret}`;
}

describe.each(Object.entries(secretless))("a Bearer secret that is %s", (_kind, make) => {
  let client: GraphqlClient;
  let session: StyleTransferRecord;
  beforeAll(async () => {
    client = await make(async (secret) => new GraphqlClient(parties.running.address, secret), "TOKEN");
    session = await parties.paint(parties.owner.ownerId, "PUBLIC");
  });

  test("carries out no operation, not even what strangers may", async () => {
    for (const name of Object.keys(policy)) {
      const { query, variables } = operations[name]!;
      expect(await outcomeOverHttp(client, query, (await variables?.(session)) ?? {}), name).toBe("UNAUTHENTICATED");
    }
    await expect(client.subscribe(ROLE).next()).rejects.toMatchObject({ code: 4403 });
    expect((await fetch(`${client.address}/graphql`, { method: "PUT", headers: client.credentials })).status).toBe(401);
  });

  test("opens no address", async () => {
    for (const route of Object.keys(routePolicy) as Route[]) expect(await statusOf(client, route, session), route).toBe(401);
  });
});

describe.each(Object.entries(secretless))("a browser whose cookie is %s", (_kind, make) => {
  let client: GraphqlClient;
  beforeAll(async () => {
    client = await make(async (secret) => new GraphqlClient(parties.running.address, null, await cookieFor(secret)), "ACCESS");
  });
  afterAll(() => client.close());

  test.each(["PRIVATE", "PUBLIC"] as const)("gets what a stranger gets, of a painting that is %s", async (target) => {
    const session = await paintFor("Query.export", policy["Query.export"]!, "STRANGER", target);
    for (const [name, entry] of Object.entries(policy)) {
      const { query, variables } = operations[name]!;
      const values = (await variables?.(session)) ?? {};
      const isWatched = name.startsWith("Subscription.");
      const answer = isWatched ? (await client.subscribe(query, values).next()).value : await client.send(query, values);
      expect(outcome(answer), name).toBe(expected(entry, "STRANGER", target));
    }
    for (const [route, entry] of Object.entries(routePolicy) as [Route, Entry][])
      expect(await statusOf(client, route, session), route).toBe(statuses[expected(entry, "STRANGER", target)]);
  });
});

describe("a stranger with a link to one painting", () => {
  const headers = { Cookie: "" };
  const painted = { shared: {} as StyleTransferRecord, other: {} as StyleTransferRecord };

  beforeAll(async () => {
    const { owner, paint, running } = parties;
    for (const which of ["shared", "other"] as const) {
      painted[which] = await kept.filmed(owner, `LINK, ${which}`, () => paint(owner.ownerId, "LINK"));
    }
    const share = { kind: "SHARE", sessionId: painted.shared.id } as const;
    const { secret } = await running.app.links.create({ name: "x", ownerId: owner.ownerId, expiresAt: null }, share);
    headers.Cookie = await cookieFor(secret);
  });

  /** What the policy says: as for any stranger, to whom that painting alone is visible. */
  function due({ rule, subjects }: Entry, which: keyof typeof painted): Outcome {
    const extent = rules[rule].STRANGER;
    if (extent === "ALL") return "CARRIED OUT";
    return extent === "VISIBLE" && subjects.length > 0 && which === "shared" ? "CARRIED OUT" : "UNAUTHENTICATED";
  }

  async function outcomeWith(name: string, session: StyleTransferRecord): Promise<Outcome> {
    const { query, variables } = operations[name]!;
    const values = (await variables?.(session)) ?? {};
    if (!name.startsWith("Subscription.")) return outcomeOverHttp(new GraphqlClient(parties.running.address), query, values, headers);
    // The client adds its token to the headers that it gets.
    const url = `${parties.running.address}/graphql`;
    const events = createClient({ singleConnection: true, url, headers: { ...headers }, retryAttempts: 0 });
    const { value } = await events.iterate({ query, variables: values }).next();
    events.dispose();
    return outcome(value as Parameters<typeof outcome>[0]);
  }

  test.each(["shared", "other"] as const)("carries out what the policy says, on a painting that is LINK: %s", async (which) => {
    for (const [name, entry] of Object.entries(policy)) expect(await outcomeWith(name, painted[which]), name).toBe(due(entry, which));
  });

  test.each(["shared", "other"] as const)("opens the addresses that the policy says, of a painting that is LINK: %s", async (which) => {
    const client = new GraphqlClient(parties.running.address, null, headers.Cookie);
    for (const [route, entry] of Object.entries(routePolicy) as [Route, Entry][])
      expect(await statusOf(client, route, painted[which]), route).toBe(statuses[due(entry, which)]);
  });
});
