import { expect, test } from "vitest";
import { eventually } from "../helpers/eventually.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile } from "../helpers/parties.js";

const parties = partiesOfFile();
const ACCESS = "{ server { access { role name } } }";
const RENEW = "mutation ($token: String!) { renewAccess(token: $token) { role name expiresAt } }";
const EVENTS = "subscription ($id: ID!) { session(id: $id) { ... on SessionChange { session { title } } } }";

/** A token with a role; with `replaces`, one that owns the work of another. */
async function aToken(input: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
  const { createToken } = await parties.running.client.query(
    "mutation ($input: TokenInput!) { createToken(input: $input) { secret token { id } } }",
    { input: { name: "Program", role: "ARTIST", ...input } },
  );
  return { id: createToken.token.id, secret: createToken.secret };
}

/** The answer to one operation over a client's socket. */
async function over(client: GraphqlClient, query: string, variables = {}) {
  return (await client.subscribe(query, variables).next()).value;
}

const rename = (id: string, title: string) =>
  parties.running.client.query(`mutation { renameSession(sessionId: "${id}", title: "${title}") { id } }`);

/** Waits for the event of a session that has a title. */
async function titled(events: ReturnType<GraphqlClient["subscribe"]>, title: string): Promise<void> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error("The subscription has ended.");
    if (value.data?.session.session?.title === title) return;
  }
}

test("a socket whose credential is renewed stays open when the one before ends, with its subscriptions", async () => {
  const { running, paint } = parties;
  const old = await aToken({ name: "Old", expiresAt: new Date(Date.now() + 6000).toISOString() });
  const client = new GraphqlClient(running.address, old.secret);
  const { id } = await paint(old.id, "PRIVATE", { status: "RUNNING", finishedAt: null });
  const events = client.subscribe(EVENTS, { id });
  await events.next();
  const list = client.subscribe("subscription { sessions { id } }");
  const listed = list.next();
  const renewed = await aToken({ name: "New", replaces: old.id });
  expect((await over(client, RENEW, { token: renewed.secret })).data.renewAccess).toEqual({ role: "ARTIST", name: "New", expiresAt: null });
  await eventually(async () =>
    expect((await fetch(`${running.address}/schema.graphql`, { headers: client.credentials })).status).toBe(401),
  );
  await rename(id, "after the end");
  await titled(events, "after the end");
  expect((await listed).value.data.sessions.id).toBe(id);
  expect((await over(client, ACCESS)).data.server.access.name).toBe("New");
  // The socket depends on the new credential now.
  const closed = expect(titled(events, "never")).rejects.toMatchObject({ code: 4403 });
  const ended = expect(list.next()).rejects.toMatchObject({ code: 4403 });
  await running.app.links.revoke(renewed.id);
  await closed;
  await ended;
});

test("subscriptions that the new credential may not see end, and others go on", async () => {
  const { running, owner, paint } = parties;
  const one = await aToken();
  const client = new GraphqlClient(running.address, one.secret);
  const isRunning = { status: "RUNNING", finishedAt: null } as const;
  const [hidden, open] = [await paint(one.id, "PRIVATE", isRunning), await paint(owner.ownerId, "PUBLIC", isRunning)];
  const [hiddenEvents, openEvents] = [client.subscribe(EVENTS, { id: hidden.id }), client.subscribe(EVENTS, { id: open.id })];
  await Promise.all([hiddenEvents.next(), openEvents.next()]);
  const list = client.subscribe("subscription { sessions { id } }").next();
  await over(client, RENEW, { token: (await aToken()).secret });
  for (let { done } = await hiddenEvents.next(); !done; { done } = await hiddenEvents.next());
  expect(await list).toMatchObject({ done: true });
  await rename(open.id, "still here");
  await titled(openEvents, "still here");
  const find = await over(client, "query ($id: ID!) { session(id: $id) { id } }", { id: hidden.id });
  expect(find.data.session).toBeNull();
  // It is watched for the new credential: hiding the session ends it.
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }", { id: open.id });
  for (let { done } = await openEvents.next(); !done; { done } = await openEvents.next());
});

test("a credential that opens nothing is refused, and the socket stays as it is", async () => {
  const { secret } = await aToken({ name: "Kept" });
  const client = new GraphqlClient(parties.running.address, secret);
  const list = client.subscribe("subscription { models { id } }");
  const first = list.next();
  const { errors } = await over(client, RENEW, { token: "a".repeat(32) });
  expect(errors[0].extensions.code).toBe("UNAUTHENTICATED");
  expect((await over(client, ACCESS)).data.server.access.name).toBe("Kept");
  parties.running.models.change("vgg19", {});
  expect((await first).value.data.models.id).toBe("vgg19");
  await client.close();
});

test("over HTTP there is nothing to renew", async () => {
  const { secret } = await aToken();
  const refused = await new GraphqlClient(parties.running.address, secret).refusal(RENEW, { token: secret });
  expect(refused).toMatchObject({ code: "CONFLICT", field: "token" });
});
