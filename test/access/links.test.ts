import { expect, test } from "vitest";
import WebSocket from "ws";
import { eventually } from "../helpers/eventually.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { inTime } from "../helpers/in-time.js";
import { openPageSocket, type PageSocketOptions } from "../helpers/page-socket.js";
import { partiesOfFile } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";

const parties = partiesOfFile();
const never = { name: "Class", ownerId: "teacher", expiresAt: null };
const ACCESS = "{ server { access { mode role name } } }";
const UPLOAD = async (address: string, headers: Record<string, string>, seed = 1) =>
  fetch(`${address}/images`, { method: "POST", headers, body: new Blob([new Uint8Array((await pngPicture(20, 20, seed)).bytes)]) });

/** Opens a link as a browser does; returns the answer and the browser's cookie. */
async function open(
  secret: string,
  cookie = "",
): Promise<{ status: number; body: Record<string, unknown>; cookie: string; header: string }> {
  const { address } = parties.running;
  const response = await fetch(`${address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(cookie ? { Cookie: cookie } : {}) },
    body: JSON.stringify({ secret }),
  });
  const header = response.headers.get("Set-Cookie") ?? "";
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, cookie: header.split(";")[0] ?? "", header };
}

const asBrowser = async (cookie: string, query: string, variables = {}) =>
  new GraphqlClient(parties.running.address).send(query, variables, { Cookie: cookie });

test("a link is exchanged for a cookie that no script reads and no other site sends, and everyone who opens it is somebody else", async () => {
  const { link, secret } = await parties.running.app.links.create(never, { kind: "ACCESS", role: "ARTIST" });
  const [one, two] = [await open(secret), await open(secret)];
  expect(one.body).toEqual({ kind: "ACCESS", role: "ARTIST", name: "Class", sessionId: null, expiresAt: null });
  expect(one.header).toMatch(/^atelier=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  expect(one.cookie).not.toBe(two.cookie);
  expect((await asBrowser(one.cookie, ACCESS)).data.server.access).toEqual({ mode: "LINK", role: "ARTIST", name: "Class" });
  const image = (await (await UPLOAD(parties.running.address, { Cookie: one.cookie })).json()) as { id: string };
  const find = "query ($id: ID!) { image(id: $id) { id } }";
  expect((await asBrowser(one.cookie, find, image)).data.image).toEqual({ id: image.id });
  expect((await asBrowser(two.cookie, find, image)).data.image).toBeNull();
  // The same bytes of somebody else are another picture.
  expect(((await (await UPLOAD(parties.running.address, { Cookie: two.cookie })).json()) as { id: string }).id).not.toBe(image.id);
  await parties.running.app.links.revoke(link.id);
});

test("whoever opens another link stays who they were, under a new secret", async () => {
  const { links } = parties.running.app;
  const [viewer, artist] = [
    await links.create(never, { kind: "ACCESS", role: "ARTIST" }),
    await links.create(never, { kind: "ACCESS", role: "ADMIN" }),
  ];
  const before = await open(viewer.secret);
  const image = (await (await UPLOAD(parties.running.address, { Cookie: before.cookie }, 2)).json()) as { id: string };
  const after = await open(artist.secret, before.cookie);
  expect(after.cookie).not.toBe(before.cookie);
  expect((await asBrowser(after.cookie, ACCESS)).data.server.access.role).toBe("ADMIN");
  expect((await asBrowser(before.cookie, ACCESS)).data.server.access.role).toBeNull();
  const again = (await (await UPLOAD(parties.running.address, { Cookie: after.cookie }, 2)).json()) as { id: string };
  expect(again.id).toBe(image.id);
});

test("a link with a lesser role, to which anyone can be sent, takes nothing away", async () => {
  const { links } = parties.running.app;
  const [admin, viewer] = [
    await links.create(never, { kind: "ACCESS", role: "ADMIN" }),
    await links.create(never, { kind: "ACCESS", role: "VIEWER" }),
  ];
  const { cookie } = await open(viewer.secret, (await open(admin.secret)).cookie);
  expect((await asBrowser(cookie, ACCESS)).data.server.access.role).toBe("ADMIN");
  await links.revoke(admin.link.id);
  expect((await asBrowser((await open(viewer.secret, cookie)).cookie, ACCESS)).data.server.access.role).toBe("VIEWER");
});

test("a query by GET is checked as it is run, however many parameters stand before it", async () => {
  const ask = (query: string, headers = {}) =>
    fetch(`${parties.running.address}/graphql?${"a&".repeat(1000)}query=${encodeURIComponent(query)}`, {
      headers: { "Apollo-Require-Preflight": "1", ...headers },
    });
  expect((await ask("{ __schema { queryType { name } } }")).status).toBe(401);
  const deep = `{ ${"sessions { edges { node { ... on StyleTransferSession { parent { id ".repeat(1)}${"parent { id ".repeat(60)}${"}".repeat(60)} } } } } } }`;
  const { errors } = (await (await ask(deep, parties.owner.client.credentials)).json()) as { errors: { extensions: { code: string } }[] };
  expect(errors[0]?.extensions.code).toBe("LIMIT");
});

test("a cookie that nobody was given makes a stranger, and opening a link with one starts afresh", async () => {
  const forged = `atelier=${"a".repeat(32)}`;
  expect((await asBrowser(forged, ACCESS)).data.server.access.role).toBeNull();
  const { secret } = await parties.running.app.links.create(never, { kind: "ACCESS", role: "VIEWER" });
  const opened = await open(secret, forged);
  expect(opened.cookie).not.toBe(forged);
  expect((await asBrowser(forged, ACCESS)).data.server.access.role).toBeNull();
});

test.each(["short", "a".repeat(32), "a".repeat(300)])("a secret that opens nothing is refused: %s", async (secret) => {
  const { status, body, cookie } = await open(secret);
  expect([status, body.code, cookie]).toEqual([401, "UNAUTHENTICATED", ""]);
  const response = await fetch(`${parties.running.address}/images/x`, { headers: { Authorization: `Bearer ${secret}` } });
  expect(response.status).toBe(401);
  const { errors } = await new GraphqlClient(parties.running.address, secret).send(ACCESS);
  expect(errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
});

test("a page of another site cannot let somebody in (login CSRF)", async () => {
  const { secret } = await parties.running.app.links.create(never, { kind: "ACCESS", role: "VIEWER" });
  const attempts: Record<string, string>[] = [
    { "Content-Type": "text/plain" },
    { "Content-Type": "application/json", Origin: "https://evil.example" },
  ];
  for (const headers of attempts) {
    const response = await fetch(`${parties.running.address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get("Set-Cookie")).toBeNull();
  }
});

test("whoever leaves is a stranger, and their sockets close", async () => {
  const { secret } = await parties.running.app.links.create(never, { kind: "ACCESS", role: "ARTIST" });
  const { cookie } = await open(secret);
  const { client, closed } = connect({ cookie, origin: parties.running.address });
  await client.iterate({ query: ACCESS }).next();
  const response = await fetch(`${parties.running.address}/access`, { method: "DELETE", headers: { Cookie: cookie } });
  expect(response.headers.get("Set-Cookie")).toMatch(/^atelier=; .*Max-Age=0/);
  expect(await inTime(closed)).toBe(4403);
  expect((await asBrowser(cookie, ACCESS)).data.server.access.role).toBeNull();
});

const connect = (options: PageSocketOptions) => openPageSocket(parties.running.address, options);

test("revoking a link closes the sockets of everyone who came by it, with 4403, and nobody else's", async () => {
  const { links } = parties.running.app;
  const { link, secret } = await links.create(never, { kind: "ACCESS", role: "ARTIST" });
  const other = await parties.someone("ARTIST");
  const { cookie } = await open(secret);
  const sockets = [connect({ token: secret }), connect({ cookie, origin: parties.running.address })];
  const events = sockets.map(({ client }) => client.iterate({ query: "subscription { sessions { id } }" }));
  const waiting = events.map((one) => one.next().catch((error: { code: number }) => error.code));
  const kept = other.client.subscribe("subscription { sessions { id } }");
  const next = kept.next();
  // The sockets are open once a query on them is answered.
  for (const { client } of sockets) await client.iterate({ query: ACCESS }).next();
  await links.revoke(link.id);
  expect(await inTime(Promise.all(sockets.map(({ closed }) => closed)))).toEqual([4403, 4403]);
  await Promise.all(waiting);
  await eventually(async () => {
    const { id } = await parties.paint(other.ownerId, "PUBLIC");
    await parties.running.client.query(`mutation { renameSession(sessionId: "${id}", title: "Still here") { id } }`);
    expect(await Promise.race([next, Promise.resolve(null)])).not.toBeNull();
  });
  await kept.return?.();
  expect((await asBrowser(cookie, ACCESS)).data.server.access.role).toBeNull();
});

test("a link that expires closes its sockets by itself, and its secret opens nothing then", async () => {
  const { secret } = await parties.running.app.links.create(
    { ...never, expiresAt: new Date(Date.now() + 6000) },
    { kind: "ACCESS", role: "VIEWER" },
  );
  const { client, closed } = connect({ token: secret });
  await client.iterate({ query: ACCESS }).next();
  expect(await inTime(closed)).toBe(4403);
  expect((await open(secret)).status).toBe(401);
});

test("a cookie counts only with an Origin of this server, and a secret that opens nothing closes the socket", async () => {
  const { secret } = await parties.running.app.links.create(never, { kind: "ACCESS", role: "ADMIN" });
  const { cookie } = await open(secret);
  const roleOver = async ({ client }: ReturnType<typeof connect>) => {
    const { value } = await client.iterate<{ server: { access: { role: string | null } } }>({ query: ACCESS }).next();
    await client.dispose();
    return value?.data?.server.access.role;
  };
  expect(await roleOver(connect({ cookie, origin: parties.running.address }))).toBe("ADMIN");
  expect(await roleOver(connect({ cookie }))).toBeNull();
  const { closed } = connect({ token: "a".repeat(32) });
  expect(await closed).toBe(4403);
});

/** Resolves when a subscription has ended. */
async function overOf(events: AsyncIterator<unknown>): Promise<void> {
  while (!(await events.next()).done);
}

/** Resolves when a response has ended or broken off. */
async function ended(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read().catch(() => ({ done: true }))).done);
}

test("a session that is made private ends what a stranger watches of it, over the socket and as MJPEG", async () => {
  const { running, clients, owner, paint } = parties;
  const session = await paint(owner.ownerId, "PUBLIC", { status: "RUNNING", finishedAt: null });
  const events = clients.STRANGER.client.subscribe("subscription ($id: ID!) { session(id: $id) { __typename } }", { id: session.id });
  expect((await events.next()).value.data.session.__typename).toBe("SessionChange");
  const stream = await fetch(`${running.address}/sessions/${session.id}/stream.mjpeg`);
  const reader = stream.body!.getReader();
  await reader.read();
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { visibility } }", { id: session.id });
  await inTime(Promise.all([overOf(events), ended(reader)]));
  const { errors } = await clients.STRANGER.client.send("query ($id: ID!) { session(id: $id) { id } }", { id: session.id });
  expect(errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  expect((await fetch(`${running.address}/frames/${session.id}/0`)).status).toBe(401);
});

test("a share link opens one session until it is revoked or the session is private, and no list", async () => {
  const { running, owner, paint } = parties;
  const [session, other] = [await paint(owner.ownerId), await paint(owner.ownerId, "LINK")];
  const SHARE =
    'mutation ($id: ID!) { shareSession(sessionId: $id, input: { name: "Family" }) { secret path link { id kind sessionId } } }';
  const { shareSession } = await owner.client.query(SHARE, { id: session.id });
  expect(shareSession).toMatchObject({ path: `/open#${shareSession.secret}`, link: { kind: "SHARE", sessionId: session.id } });
  const { cookie, body } = await open(shareSession.secret);
  expect(body).toMatchObject({ kind: "SHARE", role: null, sessionId: session.id });
  const find = async (id: string) =>
    (await asBrowser(cookie, "query ($id: ID!) { session(id: $id) { visibility mayChange links { id } } }", { id })).data?.session;
  expect(await find(session.id)).toEqual({ visibility: "LINK", mayChange: false, links: null });
  expect(await find(other.id)).toBeNull();
  expect((await fetch(`${running.address}/frames/${session.id}/0`, { headers: { Cookie: cookie } })).status).toBe(200);
  expect((await fetch(`${running.address}/images/${session.contentId}`, { headers: { Cookie: cookie } })).status).toBe(200);
  expect((await asBrowser(cookie, "{ sessions { totalCount } }")).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  // Its secret is for people: a program cannot use the server with it.
  expect(
    (await fetch(`${running.address}/frames/${session.id}/0`, { headers: { Authorization: `Bearer ${shareSession.secret}` } })).status,
  ).toBe(401);

  const visibility = (to: string) =>
    owner.client.query(`mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: ${to}) { id } }`, { id: session.id });
  await visibility("PRIVATE");
  expect(await find(session.id)).toBeNull();
  await visibility("LINK");
  expect(await find(session.id)).not.toBeNull();
  await owner.client.query("mutation ($id: ID!) { revokeLink(id: $id) { revokedAt } }", { id: shareSession.link.id });
  expect(await find(session.id)).toBeNull();
  expect((await open(shareSession.secret)).status).toBe(401);
});

test("the address of an output shows that output alone, until it is revoked", async () => {
  const { running, owner } = parties;
  const { shareOutput } = await owner.client.query(
    'mutation { shareOutput(output: "stage", input: { name: "OBS" }) { path secret link { id } } }',
  );
  expect(shareOutput.path).toBe(`/live/out/stage.mjpeg?key=${shareOutput.secret}`);
  const response = await fetch(running.address + shareOutput.path);
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  await reader.read();
  for (const path of [`/live/out/other.mjpeg?key=${shareOutput.secret}`, "/live/out/stage.mjpeg?key=x", "/live/out/stage.mjpeg"])
    expect((await fetch(running.address + path)).status).toBe(401);
  expect((await open(shareOutput.secret)).status).toBe(401);
  await owner.client.query("mutation ($id: ID!) { revokeLink(id: $id) { id } }", { id: shareOutput.link.id });
  await inTime(ended(reader));
  expect((await fetch(running.address + shareOutput.path)).status).toBe(401);
});

test("a socket that does not answer the end of its access carries nothing out any more", async () => {
  const { running } = parties;
  const { link, secret } = await running.app.links.create(never, { kind: "ACCESS", role: "ADMIN" });
  const { id } = await parties.paint(parties.owner.ownerId);
  const socket = new WebSocket(`${running.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const message = (type: string) =>
    new Promise<void>((resolve) =>
      socket.on("message", (data) => (JSON.parse(String(data)) as { type: string }).type === type && resolve()),
    );
  await new Promise((resolve) => socket.once("open", resolve));
  const acknowledged = message("connection_ack");
  socket.send(JSON.stringify({ type: "connection_init", payload: { token: secret } }));
  await acknowledged;
  // A client of its own that goes on sending.
  Object.assign(socket, { close: () => undefined });
  const gone = new Promise((resolve) => socket.once("close", resolve));
  await running.app.links.revoke(link.id);
  const query = `mutation { setVisibility(sessionId: "${id}", visibility: PUBLIC) { id } }`;
  const raw = (socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket;
  const text = Buffer.from(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
  const length = Buffer.from([0x81, 0x80 | 126, text.byteLength >> 8, text.byteLength & 255, 0, 0, 0, 0]);
  raw.write(Buffer.concat([length, text]));
  await inTime(gone);
  expect((await running.client.query("query ($id: ID!) { session(id: $id) { visibility } }", { id })).session.visibility).toBe("PRIVATE");
});

test("the film of a session that is hidden while it is made is cancelled, unless its owner makes it", async () => {
  const { owner, clients, paint } = parties;
  const session = await paint(owner.ownerId, "PUBLIC");
  const START = "mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, size: 64, maxFrames: 2 }) { id } }";
  const films: string[] = [];
  for (const { client } of [owner, clients.ARTIST]) films.push((await client.query(START, { id: session.id })).startExport.id);
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }", { id: session.id });
  const STATE = "query ($id: ID!) { export(id: $id) { state } }";
  const states = async () => Promise.all(films.map(async (id) => (await parties.running.client.query(STATE, { id })).export.state));
  // The second one waits for the first, or has been made before the session was hidden.
  await eventually(async () => expect(await states()).toEqual(["COMPLETED", expect.stringMatching(/CANCELLED|COMPLETED/)]));
});

test("pictures that were sent to one browser stay in no other cache", async () => {
  const { running, owner, paint } = parties;
  const session = await paint(owner.ownerId);
  for (const path of [`/frames/${session.id}/0`, `/images/${session.contentId}?w=64`]) {
    const response = await fetch(running.address + path, { headers: owner.client.credentials });
    expect(response.headers.get("Cache-Control")).toBe("private, no-cache");
    const etag = response.headers.get("ETag") ?? "";
    const again = await fetch(running.address + path, {
      headers: { ...owner.client.credentials, "If-None-Match": etag, "Cache-Control": "" },
    });
    expect([200, 304]).toContain(again.status);
  }
});

test("a picture that one may not see cannot be used, not even by its trace", async () => {
  const { owner, clients, paint } = parties;
  const hidden = await paint(owner.ownerId);
  const mine = await paint(clients.ARTIST.ownerId, "PRIVATE", { status: "RUNNING", finishedAt: null });
  const own = mine.contentId;
  const usesOf = (image: string): [field: string, mutation: string][] => [
    ["input.contentId", `startStyleTransfer(input: { contentId: "${image}", styles: [{ imageId: "${own}" }] })`],
    [
      "input.styles.1.imageId",
      `startStyleTransfer(input: { contentId: "${own}", styles: [{ imageId: "${own}" }, { imageId: "${image}" }] })`,
    ],
    ["input.imageId", `startTranslation(input: { model: "horse2zebra", imageId: "${image}" })`],
    ["changes.styles.0.imageId", `steer(sessionId: "${mine.id}", changes: { styles: [{ imageId: "${image}" }] })`],
    ["changes.styles.0.imageId", `branchSession(sessionId: "${mine.id}", step: 0, changes: { styles: [{ imageId: "${image}" }] })`],
  ];
  const send = (mutation: string) => clients.ARTIST.client.send(`mutation { ${mutation} { id } }`);
  for (const [field, mutation] of usesOf(hidden.contentId)) {
    expect.soft((await send(mutation)).errors?.[0]?.extensions, mutation).toMatchObject({ code: "NOT_FOUND", field });
  }
  const { contentId: another } = await paint(clients.ARTIST.ownerId);
  for (const [, mutation] of usesOf(another)) expect((await send(mutation)).errors, mutation).toBeUndefined();
  const trace = await (
    await fetch(`${parties.running.address}/sessions/${hidden.id}/trace.json`, { headers: owner.client.credentials })
  ).text();
  const stolen = await clients.ARTIST.client.send("mutation ($trace: String!) { importTrace(trace: $trace) { id } }", { trace });
  expect(stolen.errors?.[0]?.extensions.code).toBe("NOT_FOUND");
});

test("a branch of a public session belongs to whoever made it, and does not show its parent's other branches", async () => {
  const { owner, clients, paint } = parties;
  const open = await paint(owner.ownerId, "PUBLIC");
  const BRANCH = "mutation ($id: ID!) { branchSession(sessionId: $id, step: 0) { id isMine visibility parent { id } } }";
  const { branchSession } = await clients.ARTIST.client.query(BRANCH, { id: open.id });
  expect(branchSession).toMatchObject({ isMine: true, visibility: "PRIVATE", parent: { id: open.id } });
  const BRANCHES = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { branches { id } } } }";
  expect((await owner.client.query(BRANCHES, { id: open.id })).session.branches).toEqual([]);
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { id } }", { id: open.id });
  const PARENT = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { parent { id } content { id } } } }";
  expect((await clients.ARTIST.client.query(PARENT, { id: branchSession.id })).session).toEqual({
    parent: null,
    content: { id: open.contentId },
  });
});

test.each(["", "x".repeat(101), "nul \0"])("a link is refused the name %j", async (name) => {
  const create = "mutation ($name: String!) { createLink(input: { name: $name, role: VIEWER }) { path } }";
  expect(await parties.running.client.refusal(create, { name })).toMatchObject({ code: "BAD_INPUT", field: "input.name" });
});
