import { describe, expect, test } from "vitest";
import type { StyleTransferRecord } from "../../server/records/session.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";

const parties = partiesOfFile({ requiresApproval: true });

const SHOW =
  "mutation ($id: ID!, $visibility: Visibility!) { setVisibility(sessionId: $id, visibility: $visibility) { visibility approval } }";
const REVIEW = "mutation ($id: ID!, $approve: Boolean!) { reviewSession(sessionId: $id, approve: $approve) { id approval } }";
const FIND = "query ($id: ID!) { session(id: $id) { title approval } }";
const WAITING = "{ sessions(first: 100, filter: { approval: PENDING }) { totalCount edges { node { id } } } }";

const show = async ({ client }: Someone, { id }: StyleTransferRecord, visibility = "PUBLIC") =>
  (await client.query(SHOW, { id, visibility })).setVisibility;
const review = async ({ id }: StyleTransferRecord, approve: boolean) =>
  (await parties.clients.ADMIN.client.query(REVIEW, { id, approve })).reviewSession.approval;
const find = async ({ client }: Pick<Someone, "client">, { id }: StyleTransferRecord) => (await client.query(FIND, { id })).session;
const waiting = async ({ client }: Someone): Promise<string[]> =>
  (await client.query(WAITING)).sessions.edges.map(({ node }: { node: { id: string } }) => node.id);
const status = async ({ client }: Someone, path: string) => {
  const response = await fetch(client.address + path, { headers: client.credentials });
  await response.body?.cancel();
  return response.status;
};

describe("what an artist shows to everyone", () => {
  test("is seen by its owner and admins alone until an admin approves it, and then by others", async () => {
    const { owner, clients } = parties;
    const session = await parties.paint(owner.ownerId, "PRIVATE", { title: "A rude word" });
    expect(await show(owner, session)).toEqual({ visibility: "PUBLIC", approval: "PENDING" });
    const paths = [`/images/${session.contentId}`, `/frames/${session.id}/0`, `/sessions/${session.id}/export.png`];
    for (const party of ["VIEWER", "ARTIST"] as const) {
      expect(await find(clients[party], session)).toBeNull();
      for (const path of paths) expect(await status(clients[party], path)).toBe(404);
      const { sessions } = await clients[party].client.query("{ sessions(first: 100) { edges { node { title } } } }");
      expect(JSON.stringify(sessions)).not.toContain("rude");
    }
    for (const path of paths) expect(await status(clients.STRANGER, path)).toBe(401);
    for (const someone of [owner, clients.ADMIN]) {
      expect(await find(someone, session)).toEqual({ title: "A rude word", approval: "PENDING" });
      for (const path of paths) expect(await status(someone, path)).toBe(200);
    }
    expect(await review(session, true)).toBe("APPROVED");
    for (const party of ["VIEWER", "ARTIST", "STRANGER"] as const) {
      expect(await find(clients[party], session)).toEqual({ title: "A rude word", approval: "APPROVED" });
      for (const path of paths) expect(await status(clients[party], path)).toBe(200);
    }
  });

  test("waits in a list that admins read whole, others only for their own, with temporary ones", async () => {
    const { owner, clients } = parties;
    const lasting = await parties.paint(owner.ownerId);
    const passing = await parties.paint(owner.ownerId, "PRIVATE", { expiresAt: new Date(Date.now() + 600_000) });
    const foreign = await parties.paint(clients.ARTIST.ownerId);
    await show(owner, lasting);
    await show(owner, passing, "LINK");
    await show(clients.ARTIST, foreign);
    const ids = [lasting.id, passing.id, foreign.id];
    expect(await waiting(clients.ADMIN)).toEqual(expect.arrayContaining(ids));
    expect(await waiting(clients.ARTIST)).toEqual([foreign.id]);
    expect(await waiting(clients.VIEWER)).toEqual([]);
    await review(lasting, true);
    await review(passing, false);
    // What is private again waits for nothing, and asks anew when it is shown.
    expect(await show(clients.ARTIST, foreign, "PRIVATE")).toEqual({ visibility: "PRIVATE", approval: null });
    for (const id of ids) expect(await waiting(clients.ADMIN)).not.toContain(id);
    expect((await show(clients.ARTIST, foreign)).approval).toBe("PENDING");
  });

  test("a decision holds for the session, and a branch needs its own", async () => {
    const { owner, clients } = parties;
    const session = await parties.paint(owner.ownerId);
    await show(owner, session);
    await review(session, true);
    await show(owner, session, "PRIVATE");
    expect((await show(owner, session, "LINK")).approval).toBe("APPROVED");
    const { branchSession: branch } = await owner.client.query(
      "mutation ($id: ID!) { branchSession(sessionId: $id, step: 0) { id approval } }",
      {
        id: session.id,
      },
    );
    expect(branch.approval).toBeNull();
    expect((await show(owner, branch)).approval).toBe("PENDING");
    await review(session, false);
    expect((await show(owner, session)).approval).toBe("REFUSED");
    expect(await find(clients.ARTIST, session)).toBeNull();
  });

  test("waits whatever its owner asks for at once, and a refusal stays one", async () => {
    const { owner } = parties;
    const stored = async ({ id }: StyleTransferRecord) => await parties.running.storage.sessions.find(id);
    for (let round = 0; round < 10; round++) {
      const session = await parties.paint(owner.ownerId);
      await show(owner, session);
      await Promise.all(["PRIVATE", "PUBLIC", "PRIVATE", "PUBLIC"].map((visibility) => show(owner, session, visibility)));
      const { visibility, approval } = (await stored(session)) ?? {};
      expect(approval).toBe(visibility === "PRIVATE" ? null : "PENDING");
      await Promise.all([review(session, false), show(owner, session, "PRIVATE"), show(owner, session)]);
      expect((await stored(session))?.approval).toBe("REFUSED");
    }
  });

  test("waits anew when its owner changes its title, note or styles, and not for what an admin changes", async () => {
    const { owner, clients } = parties;
    const session = await parties.paint(owner.ownerId, "PRIVATE", { status: "PAUSED", finishedAt: null });
    const RENAME = "mutation ($id: ID!) { renameSession(sessionId: $id, title: TITLE) { approval } }";
    const NOTE = 'mutation ($id: ID!) { annotateSession(sessionId: $id, note: "Rude") { approval } }';
    const STAR = "mutation ($id: ID!) { annotateSession(sessionId: $id, starred: true) { approval } }";
    const STEER = "mutation ($id: ID!, $changes: SteerInput!) { steer(sessionId: $id, changes: $changes) { approval } }";
    const approval = async ({ client }: Someone, query: string, variables = {}): Promise<string> =>
      Object.values<{ approval: string }>(await client.query(query, { id: session.id, ...variables }))[0]!.approval;
    const styles = [{ imageId: session.contentId, weight: 2 }];
    const [first, second] = ["First", "Second"].map((title) => RENAME.replace("TITLE", JSON.stringify(title)));
    await show(owner, session);
    expect(await review(session, true)).toBe("APPROVED");
    for (const [query, variables] of [[first!], [NOTE], [STEER, { changes: { styles } }]] as const) {
      expect(await approval(owner, query, variables)).toBe("PENDING");
      expect(await find(clients.ARTIST, session)).toBeNull();
      expect(await review(session, true)).toBe("APPROVED");
    }
    // Neither a star, a number nor the same title shows anything new.
    expect(await approval(owner, STAR)).toBe("APPROVED");
    expect(await approval(owner, STEER, { changes: { beta: 7 } })).toBe("APPROVED");
    expect(await approval(owner, first!)).toBe("APPROVED");
    expect(await approval(clients.ADMIN, second!)).toBe("APPROVED");
    await show(owner, session, "PRIVATE");
    await approval(owner, first!);
    expect((await show(owner, session)).approval).toBe("PENDING");
  });

  test("is approved only as the admin saw it", async () => {
    const { owner, clients } = parties;
    const session = await parties.paint(owner.ownerId);
    await show(owner, session);
    const SEEN = "query ($id: ID!) { session(id: $id) { revision } }";
    const DECIDE =
      "mutation ($id: ID!, $approve: Boolean!, $revision: Int) { reviewSession(sessionId: $id, approve: $approve, revision: $revision) { approval } }";
    const { client } = clients.ADMIN;
    const seen = async (): Promise<number> => (await client.query(SEEN, { id: session.id })).session.revision;
    const before = await seen();
    await owner.client.query('mutation ($id: ID!) { renameSession(sessionId: $id, title: "A rude word") { id } }', { id: session.id });
    const stale = { id: session.id, approve: true, revision: before };
    expect(await client.refusal(DECIDE, stale)).toEqual({ code: "CONFLICT", field: "revision" });
    expect(await find(owner, session)).toMatchObject({ approval: "PENDING" });
    expect(await find(clients.ARTIST, session)).toBeNull();
    expect((await client.query(DECIDE, { ...stale, revision: await seen() })).reviewSession.approval).toBe("APPROVED");
    expect(await client.refusal(DECIDE, { ...stale, id: "00000000-0000-4000-8000-000000000000" })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("no artist approves", async () => {
    const session = await parties.paint(parties.owner.ownerId);
    await show(parties.owner, session);
    expect(await parties.owner.client.refusal(REVIEW, { id: session.id, approve: true })).toMatchObject({ code: "FORBIDDEN" });
    expect(await parties.clients.ARTIST.client.refusal(REVIEW, { id: session.id, approve: true })).toMatchObject({ code: "NOT_FOUND" });
  });
});

test("what an admin shows needs no approval, be it theirs or somebody's", async () => {
  const { owner, clients } = parties;
  for (const someone of [clients.ADMIN, owner]) {
    const session = await parties.paint(someone.ownerId);
    expect((await show(clients.ADMIN, session)).approval).toBe("APPROVED");
    expect(await find(clients.VIEWER, session)).not.toBeNull();
  }
});

test("a refusal ends the subscriptions and streams of others, and not the owner's", async () => {
  const { owner, clients } = parties;
  const session = await parties.paint(owner.ownerId, "PRIVATE", { status: "RUNNING", finishedAt: null });
  await show(owner, session);
  await review(session, true);
  const SUBSCRIBE = "subscription ($id: ID!) { session(id: $id) { __typename } }";
  const [theirs, own] = [clients.ARTIST, owner].map(({ client }) => client.subscribe(SUBSCRIBE, { id: session.id }));
  const stream = await fetch(`${clients.ARTIST.client.address}/sessions/${session.id}/stream.mjpeg`, {
    headers: clients.ARTIST.client.credentials,
  });
  expect(stream.status).toBe(200);
  await Promise.all([theirs!.next(), own!.next()]);
  await review(session, false);
  for await (const event of theirs!) expect(event).toBeDefined();
  await stream.arrayBuffer().catch(() => undefined);
  await parties.running.host.paint(session.id, 1);
  let seen = "";
  for await (const { data } of own!) {
    seen = data.session.__typename;
    if (seen === "Frame") break;
  }
  expect(seen).toBe("Frame");
});

describe("a link to one painting", () => {
  async function opened(
    secret: string,
  ): Promise<{ client: GraphqlClient; send: (query: string, id: string) => Promise<Record<string, unknown>> }> {
    const { address } = parties.running;
    const response = await fetch(`${address}/access`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret }),
    });
    const cookie = (response.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
    const client = new GraphqlClient(address);
    return { client, send: async (query, id) => (await client.send(query, { id }, { Cookie: cookie })).data };
  }
  const AWAITS = "query ($id: ID!) { server { access { requiresApproval awaitsApproval(sessionId: $id) } } session(id: $id) { title } }";

  test("opens once the painting is approved; before, it says that it waits, to those who opened it alone", async () => {
    const { owner, clients } = parties;
    const session = await parties.paint(owner.ownerId, "PRIVATE", { title: "Visitor" });
    const SHARE = 'mutation ($id: ID!) { shareSession(sessionId: $id, input: { name: "Phone" }) { secret } }';
    const { secret } = (await owner.client.query(SHARE, { id: session.id })).shareSession;
    const phone = await opened(secret);
    const access = (awaitsApproval: boolean) => ({ access: { requiresApproval: true, awaitsApproval } });
    expect(await phone.send(AWAITS, session.id)).toEqual({ server: access(true), session: null });
    for (const party of ["STRANGER", "ARTIST"] as const) {
      expect((await clients[party].client.send(AWAITS, { id: session.id })).data.server).toEqual(access(false));
    }
    await review(session, true);
    expect(await phone.send(AWAITS, session.id)).toEqual({ server: access(false), session: { title: "Visitor" } });
    await review(session, false);
    expect(await phone.send(AWAITS, session.id)).toEqual({ server: access(false), session: null });
    await phone.client.close();
  });
});

test("pictures, which nobody reviews, are shared by admins alone", async () => {
  const { owner, clients } = parties;
  const session = await parties.paint(owner.ownerId);
  const SHARE = "mutation ($id: ID!) { setImageVisibility(id: $id, visibility: LINK) { visibility } }";
  expect(await owner.client.refusal(SHARE, { id: session.contentId })).toEqual({ code: "FORBIDDEN", field: "visibility" });
  expect((await clients.ADMIN.client.query(SHARE, { id: session.contentId })).setImageVisibility.visibility).toBe("LINK");
});

test("outputs, which nobody reviews, are shared by admins alone", async () => {
  const { owner, clients } = parties;
  const SHARE = 'mutation { shareOutput(output: "wall", input: { name: "OBS" }) { path } }';
  expect(await owner.client.refusal(SHARE)).toEqual({ code: "FORBIDDEN", field: "output" });
  expect((await clients.ADMIN.client.query(SHARE)).shareOutput.path).toContain("/live/out/wall.mjpeg?key=");
});

test("live translations, whose later frames nobody reviews, are shared by admins alone", async () => {
  const { owner, clients } = parties;
  const START = 'mutation { startTranslation(input: { model: "horse2zebra" }) { id } }';
  const { id } = (await owner.client.query(START)).startTranslation;
  const SHARE = 'mutation ($id: ID!) { shareSession(sessionId: $id, input: { name: "Phone" }) { secret } }';
  for (const visibility of ["LINK", "PUBLIC"])
    expect(await owner.client.refusal(SHOW, { id, visibility })).toEqual({ code: "FORBIDDEN", field: "visibility" });
  expect(await owner.client.refusal(SHARE, { id })).toEqual({ code: "FORBIDDEN", field: "sessionId" });
  expect((await owner.client.query("query ($id: ID!) { session(id: $id) { links { id } } }", { id })).session.links).toEqual([]);
  expect((await owner.client.query(SHOW, { id, visibility: "PRIVATE" })).setVisibility.visibility).toBe("PRIVATE");
  expect((await clients.ADMIN.client.query(SHOW, { id, visibility: "PUBLIC" })).setVisibility.approval).toBe("APPROVED");
});

test("temporary sessions are listed for admins who ask for them, and for nobody else", async () => {
  const { owner, clients } = parties;
  const [expiresAt, running] = [new Date(Date.now() + 600_000), { status: "RUNNING", finishedAt: null } as const];
  const passing = await parties.paint(owner.ownerId, "PRIVATE", { expiresAt, ...running });
  const lasting = await parties.paint(owner.ownerId, "PRIVATE", running);
  const list = async ({ client }: Someone, filter: string): Promise<string[]> =>
    (await client.query(`{ sessions(first: 100, filter: ${filter}) { edges { node { id } } } }`)).sessions.edges.map(
      ({ node }: { node: { id: string } }) => node.id,
    );
  const all = await list(clients.ADMIN, "{ status: [RUNNING], temporary: true }");
  expect(all).toEqual(expect.arrayContaining([passing.id, lasting.id]));
  for (const filter of ["{ status: [RUNNING] }", "{ status: [RUNNING], temporary: false }"]) {
    const usual = await list(clients.ADMIN, filter);
    expect(usual).toContain(lasting.id);
    expect(usual).not.toContain(passing.id);
  }
  for (const { client } of [owner, clients.ARTIST, clients.VIEWER])
    expect(await client.refusal("{ sessions(first: 1, filter: { temporary: true }) { totalCount } }")).toEqual({
      code: "FORBIDDEN",
      field: "filter.temporary",
    });
});
