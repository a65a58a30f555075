import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import WebSocket from "ws";
import type { Role } from "../../server/records/access.js";
import { partiesOfFile } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";

const parties = partiesOfFile();
const link = { name: "Class", ownerId: "teacher", expiresAt: null };
const newLink = () => parties.running.app.links.create(link, { kind: "ACCESS", role: "VIEWER" });

test.each(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""])(
  "a form of another site lets nobody in, with the type %j",
  async (type) => {
    const { secret } = await newLink();
    const text = JSON.stringify({ secret });
    const bodies = { "application/x-www-form-urlencoded": `secret=${secret}`, "text/plain": text, "": text };
    const multipart = `--x\r\nContent-Disposition: form-data; name="secret"\r\n\r\n${secret}\r\n--x--\r\n`;
    // Browsers send an Origin with forms, some of which is null; the type alone must do for one that does not.
    const attempts: Record<string, string>[] = [{}, { Origin: "null" }, { Origin: "https://evil.example" }];
    for (const headers of attempts) {
      const response = await fetch(`${parties.running.address}/access`, {
        method: "POST",
        headers: { ...headers, ...(type ? { "Content-Type": type } : {}) },
        body: new TextEncoder().encode(bodies[type as keyof typeof bodies] ?? multipart),
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.headers.get("Set-Cookie")).toBeNull();
    }
  },
);

test("a cookie that was planted before is replaced when its victim opens a link, and opens nothing (session fixation)", async () => {
  const { secret } = await newLink();
  const planted = `atelier=${"p".repeat(32)}`;
  const response = await fetch(`${parties.running.address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: planted },
    body: JSON.stringify({ secret }),
  });
  const given = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  expect(given).toMatch(/^atelier=[\w-]{32}$/);
  expect(given).not.toBe(planted);
  const role = async (cookie: string) =>
    (await parties.clients.STRANGER.client.send("{ server { access { role } } }", {}, { Cookie: cookie })).data.server.access.role;
  expect([await role(planted), await role(given)]).toEqual([null, "VIEWER"]);
});

/** Opens a link in a browser with a cookie; returns the browser's new cookie. */
async function open(secret: string, cookie = ""): Promise<string> {
  const response = await fetch(`${parties.running.address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: cookie },
    body: JSON.stringify({ secret }),
  });
  return response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
}

const accessOf = async (cookie: string, query = "{ server { access { role } } }") =>
  (await parties.clients.STRANGER.client.send(query, {}, { Cookie: cookie })).data;
const roleOf = async (cookie: string) => (await accessOf(cookie)).server.access.role;
const linkWith = async (role: Role) => (await parties.running.app.links.create(link, { kind: "ACCESS", role })).secret;

/** A socket that a browser with a cookie opens, which has not said more yet. */
async function socketOf(cookie: string): Promise<WebSocket> {
  const { address } = parties.running;
  const headers = { Cookie: cookie, Origin: address };
  const socket = new WebSocket(`${address.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
  await new Promise((resolve) => socket.once("open", resolve));
  return socket;
}

/** Sends a message over a socket; resolves with the next one that comes. */
async function exchange(socket: WebSocket, message: Record<string, unknown>): Promise<Record<string, unknown>> {
  const next = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
  socket.send(JSON.stringify(message));
  return JSON.parse(await next);
}

test("a secret that somebody knows from before gains nothing by a link that raises the role (session fixation)", async () => {
  // The attacker's own cookie, which is planted in the victim's browser.
  const planted = await open(await linkWith("VIEWER"));
  const victim = await open(await linkWith("ADMIN"), planted);
  // Before the victim's browser has used the new one.
  expect(await roleOf(planted)).toBeNull();
  const lasting = await open(await linkWith("VIEWER"), planted);
  expect([await roleOf(lasting), await roleOf(victim), await roleOf(planted)]).toEqual(["VIEWER", "ADMIN", null]);
});

test("of links that are opened at once with the same cookie, none gives its new role to another's", async () => {
  for (let round = 0; round < 5; round++) {
    const planted = await open(await linkWith("VIEWER"));
    const [admin, viewer] = [await linkWith("ADMIN"), await linkWith("VIEWER")];
    const [victim, attacker] = await Promise.all([open(admin, planted), open(viewer, planted)]);
    expect([await roleOf(victim), await roleOf(attacker)]).toEqual(["ADMIN", "VIEWER"]);
  }
});

test("a secret from before does not open what was shared since, and its sockets close once the new one is used", async () => {
  const before = await open(await linkWith("VIEWER"));
  expect(await roleOf(before)).toBe("VIEWER");
  const { id } = await parties.paint(parties.owner.ownerId, "LINK");
  const share = await parties.running.app.links.create(link, { kind: "SHARE", sessionId: id });
  const after = await open(share.secret, before);
  const find = async (cookie: string) => (await accessOf(cookie, `{ session(id: "${id}") { id } }`)).session;
  expect([await find(before), await roleOf(before)]).toEqual([null, "VIEWER"]);
  const socket = await socketOf(before);
  await exchange(socket, { type: "connection_init" });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  expect(await find(after)).toEqual({ id });
  expect(await closed).toBe(4403);
  expect([await roleOf(before), await find(after)]).toEqual([null, { id }]);
});

test("a socket belongs to whom its cookie stands for when it begins, not when it was opened", async () => {
  const planted = await open(await linkWith("VIEWER"));
  const socket = await socketOf(planted);
  await open(await linkWith("ADMIN"), planted);
  expect(await exchange(socket, { type: "connection_init" })).toEqual({ type: "connection_ack" });
  const query = "{ server { access { role } } }";
  const { payload } = await exchange(socket, { id: "1", type: "subscribe", payload: { query } });
  expect(payload).toMatchObject({ data: { server: { access: { role: null } } } });
  socket.terminate();
});

test("no address leads to another site (open redirects)", async () => {
  const evil = "https://evil.example";
  const paths = [
    `/open?to=${evil}`,
    `/open?next=//evil.example`,
    `/access?to=${evil}`,
    "//evil.example/",
    "//evil.example/..",
    "/%2f%2fevil.example",
    "/\\evil.example",
    `/graphql?to=${evil}`,
    `/images/${encodeURIComponent(evil)}`,
  ];
  for (const path of paths) {
    for (const Accept of ["text/html", "*/*"]) {
      const response = await fetch(parties.running.address + path, { redirect: "manual", headers: { Accept } });
      await response.body?.cancel();
      expect(response.headers.get("Location"), path).toBeNull();
      expect([301, 302, 303, 307, 308], path).not.toContain(response.status);
    }
  }
});

test("what an untrusted client says of a proxy changes neither host nor scheme", async () => {
  const { secret } = await newLink();
  const forwarded = {
    ...{ "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1" },
    Forwarded: "host=evil.example;proto=https",
  };
  const response = await fetch(`${parties.running.address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...forwarded },
    body: JSON.stringify({ secret }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("Set-Cookie")).not.toContain("Secure");
  expect(response.headers.get("Strict-Transport-Security")).toBeNull();
  expect(await response.text()).not.toContain("evil");
});

/** A PNG with a further chunk after its header. */
function withChunk(png: Buffer, type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.byteLength);
  chunk.writeUInt32BE(data.byteLength, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc(chunk.subarray(4, 8 + data.byteLength)), 8 + data.byteLength);
  const headerEnd = 33;
  return Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)]);
}

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

const send = (picture: Uint8Array, type: string) =>
  fetch(`${parties.running.address}/images`, {
    method: "POST",
    headers: { ...parties.owner.client.credentials, "Content-Type": type },
    body: new Uint8Array(picture),
  });

test.each([
  ["HTML", "<!doctype html><script>alert(1)</script>"],
  ["a ZIP archive", "PK\x03\x04evil"],
  ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
])("a picture that is also %s is only ever shown as a picture", async (_what, text) => {
  const { bytes } = await pngPicture(20, 20);
  const uploaded = await send(Buffer.concat([bytes, Buffer.from(text, "latin1")]), "text/html");
  // Bytes after the end of a picture may stay, because nobody is told that they are something else.
  expect(uploaded.status).toBe(201);
  const { id } = (await uploaded.json()) as { id: string };
  const shown = await fetch(`${parties.running.address}/images/${id}`, { headers: parties.owner.client.credentials });
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    ...{ "content-type": "image/png", "x-content-type-options": "nosniff" },
    "content-security-policy": expect.stringContaining("default-src 'none'"),
  });
  await shown.body?.cancel();
});

test("a PNG whose text inflates to 64 MB takes none of them in the server's own process", async () => {
  const { bytes } = await pngPicture(20, 20);
  const bomb = deflateSync(Buffer.alloc(64e6));
  const before = process.memoryUsage().arrayBuffers;
  const response = await send(
    withChunk(Buffer.from(bytes), "zTXt", Buffer.concat([Buffer.from("Comment\0\0", "latin1"), bomb])),
    "image/png",
  );
  await response.body?.cancel();
  expect([201, 400, 413, 415, 422]).toContain(response.status);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64e6);
});

test("the title of a session cannot leave its header or folder as a file name", async () => {
  const title = '../../etc/passwd"\r\nX-Evil: 1;\\..\\a';
  const { id } = await parties.paint(parties.owner.ownerId, "PUBLIC", { title });
  for (const file of ["export.png", "trace.json"]) {
    const response = await fetch(`${parties.running.address}/sessions/${id}/${file}`, { headers: parties.owner.client.credentials });
    expect([response.status, response.headers.get("X-Evil")]).toEqual([200, null]);
    // Both forms of the name, with and without characters beyond ASCII.
    const names = [...(response.headers.get("Content-Disposition") ?? "").matchAll(/filename\*?=(?:UTF-8'')?"?([^";]+)/g)].map(
      ([, name = ""]) => name,
    );
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(decodeURIComponent(name)).not.toMatch(/[/\\\r\n"]|^\.|\.\./);
    await response.body?.cancel();
  }
});

test("no operation takes an address that the server would fetch", async () => {
  interface Input {
    name: string;
  }
  const { __schema } = await parties.running.client.query(
    "{ __schema { types { inputFields { name } fields(includeDeprecated: true) { args { name } } } } }",
  );
  const inputs: Input[] = __schema.types.flatMap(
    ({ inputFields, fields }: { inputFields: Input[] | null; fields: { args: Input[] }[] | null }) => [
      ...(inputFields ?? []),
      ...(fields ?? []).flatMap(({ args }) => args),
    ],
  );
  expect(inputs.length).toBeGreaterThan(50);
  expect(inputs.filter(({ name }) => /ur[li]|href|address|host|endpoint|webhook/i.test(name))).toEqual([]);
});
