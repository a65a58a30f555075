import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { AuditFile } from "../../server/access/audit-file.js";
import { AuditJournal } from "../../server/access/audit-log.js";
import { auditSinkContract } from "../contracts/audit.js";
import { aFilm } from "../contracts/records.js";
import { startApp } from "../helpers/app.js";
import { partiesOfFile, type Someone } from "../helpers/parties.js";
import { until } from "../helpers/until.js";

const parties = partiesOfFile();
const LOG = "{ auditLog(first: 100) { at action code name role ownerId address about } }";

type Entry = Record<"at" | "action" | "about", string> & Record<"code" | "name" | "role" | "ownerId" | "address", string | null>;
const readLog = async (): Promise<Entry[]> => (await parties.running.client.query(LOG)).auditLog;
const newest = async (action: string, code: string | null = null) =>
  (await readLog()).find((entry) => entry.action === action && entry.code === code);

const postAccess = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${parties.running.address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("what admins and owners change is recorded with who did it, from where and to what", async () => {
  const { clients, owner, paint } = parties;
  const session = await paint(owner.ownerId);
  const { createLink } = await clients.ADMIN.client.query(
    'mutation { createLink(input: { name: "Class 7b", role: VIEWER }) { secret link { id } } }',
  );
  await clients.ADMIN.client.query("mutation ($id: ID!) { revokeLink(id: $id) { id } }", { id: createLink.link.id });
  await owner.client.query("mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PUBLIC) { id } }", { id: session.id });
  await owner.client.query('mutation ($id: ID!) { shareSession(sessionId: $id, input: { name: "Home" }) { secret } }', { id: session.id });
  await owner.client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id: session.id });
  await clients.ADMIN.client.send('mutation { downloadModel(id: "vgg19") { id } }');
  const [, deleted, shared, shown, revoked, made] = await readLog();
  const admin = { name: "ADMIN", role: "ADMIN", ownerId: clients.ADMIN.ownerId, address: "127.0.0.1", code: null };
  const artist = { name: "ARTIST", role: "ARTIST", ownerId: owner.ownerId, address: "127.0.0.1", code: null };
  expect(made).toMatchObject({ ...admin, action: "Mutation.createLink", about: `name Class 7b, role VIEWER, link ${createLink.link.id}` });
  expect(revoked).toMatchObject({ ...admin, action: "Mutation.revokeLink", about: `id ${createLink.link.id}` });
  expect(shown).toMatchObject({ ...artist, action: "Mutation.setVisibility", about: `sessionId ${session.id}, visibility PUBLIC` });
  expect(shared).toMatchObject({ ...artist, action: "Mutation.shareSession", about: expect.stringContaining(`sessionId ${session.id}`) });
  expect(deleted).toMatchObject({ ...artist, action: "Mutation.deleteSession", about: `sessionId ${session.id}` });
  expect(Math.abs(Date.parse(made!.at) - Date.now())).toBeLessThan(600_000);
});

test("what admins do to what belongs to others is recorded, and not what people do to their own", async () => {
  const { clients, owner, paint } = parties;
  const film = async (ownerId: string, sessionId: string) => {
    const made = aFilm({ sessionId }, { ownerId });
    await parties.running.storage.films.insert(made, { makerId: "tests", leaseMs: 60_000 });
    return made.id;
  };
  const act = async ({ client }: Someone, id: string, filmId: string) => {
    const of = (call: string) => client.send(`mutation ($id: ID!) { ${call} { id } }`, { id });
    for (const title of ["One", "Two", "Two"]) await of(`renameSession(sessionId: $id, title: "${title}")`);
    await of("annotateSession(sessionId: $id, starred: true)");
    for (const beta of [1, 2, 3]) await of(`steer(sessionId: $id, changes: { beta: ${beta} })`);
    await of("cancelSession(sessionId: $id)");
    await client.send("mutation ($id: ID!) { cancelExport(id: $id) { id } }", { id: filmId });
  };
  const open = { status: "PAUSED", finishedAt: null } as const;
  const [own, theirs] = [await paint(clients.ADMIN.ownerId, "PRIVATE", open), await paint(owner.ownerId, "PRIVATE", open)];
  const before = (await readLog()).length;
  await act(clients.ADMIN, own.id, await film(clients.ADMIN.ownerId, own.id));
  const another = await paint(owner.ownerId, "PRIVATE", open);
  await act(owner, another.id, await film(owner.ownerId, another.id));
  expect(await readLog()).toHaveLength(before);

  const filmId = await film(owner.ownerId, theirs.id);
  await act(clients.ADMIN, theirs.id, filmId);
  await clients.ADMIN.client.send('mutation { cancelSession(sessionId: "nothing") { id } }');
  const recorded = (await readLog()).slice(0, -before);
  for (const entry of recorded) expect(entry).toMatchObject({ name: "ADMIN", role: "ADMIN", code: null, ownerId: clients.ADMIN.ownerId });
  expect(recorded.map(({ action, about }) => [action, about]).reverse()).toEqual([
    ["Mutation.renameSession", `sessionId ${theirs.id}, title One`],
    ["Mutation.renameSession", `sessionId ${theirs.id}, title Two`],
    ["Mutation.annotateSession", `sessionId ${theirs.id}, starred true`],
    ["Mutation.steer", `sessionId ${theirs.id}`],
    ["Mutation.cancelSession", `sessionId ${theirs.id}`],
    ["Mutation.cancelExport", `id ${filmId}`],
  ]);
});

test("who comes, leaves and is refused is recorded, and no secret stands in the file", async () => {
  const { clients, running, owner, paint } = parties;
  const { links } = running.app;
  const { link, secret } = await links.create({ name: "Hall", ownerId: "x", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  const opened = await postAccess({ secret });
  const cookie = opened.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  expect(await newest("POST /access")).toMatchObject({ name: "Hall", role: "VIEWER", about: `link ${link.id}` });
  await fetch(`${running.address}/access`, { method: "DELETE", headers: { Cookie: cookie } });
  expect(await newest("DELETE /access")).toMatchObject({ ownerId: expect.any(String), address: "127.0.0.1" });

  await links.revoke(link.id);
  const wrong = "w".repeat(32);
  await postAccess({ secret });
  expect(await newest("POST /access", "UNAUTHENTICATED")).toMatchObject({ name: null, address: "127.0.0.1" });
  await fetch(`${running.address}/images/x`, { headers: { Authorization: `Bearer ${wrong}` } });
  expect(await newest("Bearer", "UNAUTHENTICATED")).toBeDefined();
  const key = "k".repeat(32);
  await fetch(`${running.address}/live/out/wall.mjpeg?key=${key}`);
  expect(await newest("GET /live/out/:name.mjpeg", "UNAUTHENTICATED")).toBeDefined();

  const session = await paint(owner.ownerId, "PUBLIC");
  await clients.VIEWER.client.send("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id: session.id });
  expect(await newest("Mutation.deleteSession", "FORBIDDEN")).toMatchObject({ role: "VIEWER", about: `sessionId ${session.id}` });
  await fetch(`${running.address}/metrics`, { headers: clients.ARTIST.client.credentials });
  expect(await newest("GET /metrics", "FORBIDDEN")).toMatchObject({ role: "ARTIST" });

  await postAccess({ secret }, { Origin: "https://evil.example" });
  expect(await newest("Foreign Origin", "FORBIDDEN")).toMatchObject({ address: "127.0.0.1" });
  const { port } = new URL(running.address);
  request({ port, host: "127.0.0.1", path: "/", headers: { Host: "evil.example" } })
    .on("response", (response) => response.resume())
    .end();
  await until(async () => (await newest("Foreign Host", "FORBIDDEN")) !== undefined);

  const text = await readFile(running.auditFile, "utf8");
  const secrets = [
    secret,
    wrong,
    key,
    cookie.replace("atelier=", ""),
    ...Object.values(clients).flatMap(({ client }) => client.token ?? []),
  ];
  for (const each of secrets) expect(text).not.toContain(each);
  expect((await stat(running.auditFile)).mode & 0o777).toBe(0o600);
});

test("a client that opens a link again and again does not fill the log", async () => {
  const { links } = parties.running.app;
  const { link, secret } = await links.create({ name: "Hall", ownerId: "x", expiresAt: null }, { kind: "ACCESS", role: "VIEWER" });
  let cookie = "";
  const come = async (sent: string) => {
    const { headers } = await postAccess({ secret }, sent === "" ? {} : { Cookie: sent });
    cookie = headers.get("Set-Cookie")?.split(";")[0] ?? "";
  };
  const owners = async () => (await readLog()).filter(({ about }) => about === `link ${link.id}`).map(({ ownerId }) => ownerId);
  for (let time = 0; time < 3; time++) await come(cookie);
  // Programs that send no cookie.
  const known = cookie;
  for (let time = 0; time < 3; time++) await come("");
  const [first, ...others] = await owners();
  expect([first, others]).toEqual([expect.any(String), []]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  try {
    await come("");
    const second = (await owners())[0];
    expect(second).not.toBe(first);
    vi.setSystemTime(Date.now() + 61_000);
    await come(known);
    expect(await owners()).toEqual([second, first]);
    vi.setSystemTime(Date.now() + 3600_000);
    await come(cookie);
    expect(await owners()).toEqual([first, second, first]);
  } finally {
    vi.useRealTimers();
  }
});

test("a secret that opens nothing is recorded on the WebSocket too", async () => {
  const app = await startApp({ accessMode: "LINK" });
  const socket = new WebSocket(`${app.address.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  socket.once("open", () => socket.send(JSON.stringify({ type: "connection_init", payload: { token: "w".repeat(32) } })));
  await new Promise((resolve) => socket.once("close", resolve));
  const { auditLog } = await app.client.query(LOG);
  expect(auditLog).toMatchObject([{ action: "Bearer", code: "UNAUTHENTICATED", address: "127.0.0.1" }]);
  await app.close();
});

test("only a trusted proxy says whose address it is", async () => {
  for (const [trustedProxies, address] of [
    [["127.0.0.1"], "203.0.113.9"],
    [["10.0.0.0/8"], "127.0.0.1"],
  ] as const) {
    const app = await startApp({ accessMode: "LINK", trustedProxies });
    await fetch(`${app.address}/access`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Forwarded-For": "198.51.100.7, 203.0.113.9" },
      body: JSON.stringify({ secret: "x" }),
    });
    expect((await app.client.query(LOG)).auditLog).toMatchObject([{ action: "POST /access", address }]);
    await app.close();
  }
});

test("without access control there is no file and nothing to list", async () => {
  const app = await startApp();
  await app.client.send('mutation { downloadModel(id: "vgg19") { id } }');
  expect(await app.client.query(LOG)).toEqual({ auditLog: [] });
  await expect(stat(app.auditFile)).rejects.toThrow("ENOENT");
  await app.close();
});

describe("the file", () => {
  let folder: string;
  const reports: unknown[] = [];
  const report = (error: unknown) => void reports.push(error);
  const event = (about: string, code: "FORBIDDEN" | null = null) =>
    ({ action: "A", code, principal: null, address: "::1", about: { id: about } }) as const;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atelier-audit-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("keeps the order, and the newest entries over several files of bounded size", async () => {
    const path = join(folder, "rotated.log");
    const log = new AuditJournal(new AuditFile({ path, maxBytes: 1000, maxFiles: 3 }), report);
    for (let count = 0; count < 60; count++) {
      log.record(event(String(count)));
      if (count % 3 === 0) await log.close();
    }
    const ids = (await log.list(100)).map(({ about }) => Number(about.id));
    expect(ids.slice(0, 10)).toEqual([59, 58, 57, 56, 55, 54, 53, 52, 51, 50]);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    expect(ids.length).toBeLessThan(60);
    expect(await log.list(2)).toHaveLength(2);
    for (const name of [path, `${path}.1`, `${path}.2`]) expect((await stat(name)).size).toBeLessThanOrEqual(1000);
    await expect(stat(`${path}.3`)).rejects.toThrow("ENOENT");
  });

  test("has the same refusal of one address once a minute, so that a program that repeats it hides nothing", async () => {
    const log = new AuditJournal(new AuditFile({ path: join(folder, "repeated.log") }), report);
    for (let count = 0; count < 50; count++) log.record(event(String(count), "FORBIDDEN"));
    log.record(event("last"));
    expect((await log.list(10)).map(({ about }) => about.id)).toEqual(["last", "0"]);
  });

  test("has the same refusal of all addresses of one machine once, and of all who came by one link", async () => {
    const log = new AuditJournal(new AuditFile({ path: join(folder, "machine.log") }), report);
    for (let count = 0; count < 50; count++) {
      log.record({ ...event(`host ${count}`, "FORBIDDEN"), address: `2001:db8:1:2::${count.toString(16)}` });
      const principal = { name: "Hall", role: "VIEWER", ownerId: `visitor ${count}`, groupId: "link" } as const;
      log.record({ ...event(`visitor ${count}`, "FORBIDDEN"), principal });
    }
    expect((await log.list(100)).map(({ about }) => about.id)).toEqual(["visitor 0", "host 0"]);
  });

  test("has what one owner does a hundred times, counts what they repeat beyond that, and loses no other entry by it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const log = new AuditJournal(new AuditFile({ path: join(folder, "alike.log") }), report);
      const does = (id: string, principal: { role: "ARTIST" | "ADMIN"; ownerId: string; groupId: string | null }) =>
        log.record({ ...event(id), principal: { name: "Hall", ...principal } });
      const ids = async () => (await log.list(1000)).map(({ about: { id, alike } }) => [id, alike]);
      // A new browser for each is no way around it.
      for (let count = 0; count < 150; count++) does(String(count), { role: "ARTIST", ownerId: `visitor ${count}`, groupId: "link" });
      does("other", { role: "ARTIST", ownerId: "other", groupId: null });
      expect((await ids()).slice(0, 2)).toEqual([
        ["other", undefined],
        ["99", undefined],
      ]);
      expect(await ids()).toHaveLength(101);
      vi.advanceTimersByTime(3600_000);
      expect((await ids())[0]).toEqual(["149", "50"]);
      for (let count = 0; count < 101; count++) does(`again ${count}`, { role: "ARTIST", ownerId: "visitor 0", groupId: "link" });
      await log.close();
      expect((await ids()).slice(0, 2)).toEqual([
        ["again 100", "1"],
        ["again 99", undefined],
      ]);
      for (let count = 0; count < 200; count++) does(`admin ${count}`, { role: "ADMIN", ownerId: "admin", groupId: null });
      expect(await ids()).toHaveLength(102 + 101 + 200);
    } finally {
      vi.useRealTimers();
    }
  });

  test("has the first and the last of what an admin does in bursts, with the number of those between", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const log = new AuditJournal(new AuditFile({ path: join(folder, "bursts.log") }), report);
      const principal = { name: "Ada", role: "ADMIN", ownerId: "ada", groupId: null } as const;
      const steer = (id: string) => log.record({ ...event(id), principal, comesInBursts: true });
      const alike = async () => (await log.list(100)).map(({ about }) => [about.id, about.alike]);
      for (let count = 0; count < 500; count++) steer("one");
      steer("other");
      expect((await alike()).reverse()).toEqual([
        ["one", undefined],
        ["other", undefined],
      ]);
      vi.advanceTimersByTime(60_000);
      expect((await alike())[0]).toEqual(["one", "499"]);
      steer("one");
      expect((await alike())[0]).toEqual(["one", undefined]);
    } finally {
      vi.useRealTimers();
    }
  });

  auditSinkContract("as a file,", async () => new AuditFile({ path: join(folder, "sink.log") }));

  test("that cannot be written is reported once, and written again when that is possible", async () => {
    const path = join(folder, "gone", "audit.log");
    const log = new AuditJournal(new AuditFile({ path }), report);
    reports.length = 0;
    for (const id of ["1", "2"]) {
      log.record(event(id));
      await log.close();
    }
    expect(reports.map(String)).toEqual(["Error: The audit log cannot be written."]);
    await mkdir(join(folder, "gone"));
    // The disk was full in the middle of a line.
    await writeFile(path, '{"at":"2026-01-01T00:00:00.000Z","act');
    log.record(event("3"));
    expect((await log.list(10)).map(({ about }) => about.id)).toEqual(["3"]);
    expect(reports.map(String).at(-1)).toBe("Error: 2 entries of the audit log were lost.");
  });
});
