import { expect, test } from "vitest";
import { roleIn } from "../../server/access/identity.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { inTime } from "../helpers/in-time.js";
import { partiesOfFile } from "../helpers/parties.js";
import { pngPicture } from "../helpers/pictures.js";
import { until } from "../helpers/until.js";

const parties = partiesOfFile();
const CREATE = "mutation ($input: TokenInput!) { createToken(input: $input) { secret token { id kind name role expiresAt } } }";
const ACCESS = "{ server { access { role name } } }";

/** A token with a role, and a client of it. */
async function aToken(input: Record<string, unknown> = {}) {
  const { address, client } = parties.running;
  const { createToken } = await client.query(CREATE, { input: { name: "Nightly film", role: "ARTIST", ...input } });
  const { secret, token } = createToken as { secret: string; token: { id: string } };
  return { secret, token, client: new GraphqlClient(address, secret) };
}

test("a program uses a token over HTTP and the WebSocket, until it is revoked", async () => {
  const { token, client } = await aToken();
  expect(token).toMatchObject({ kind: "TOKEN", name: "Nightly film", role: "ARTIST", expiresAt: null });
  const access = { data: { server: { access: { role: "ARTIST", name: "Nightly film" } } } };
  expect(await client.send(ACCESS)).toMatchObject(access);
  expect((await client.subscribe(ACCESS).next()).value).toMatchObject(access);
  const { galleries } = parties.running;
  const waiting = client.subscribe("subscription { sessions { id } }").next();
  // It is cut off before it is awaited.
  waiting.catch(() => undefined);
  // A socket that is opened only after the token was revoked is refused, which is something else.
  await until(() => parties.running.galleries > galleries);
  await parties.running.client.query("mutation ($id: ID!) { revokeLink(id: $id) { revokedAt } }", { id: token.id });
  await expect(inTime(waiting)).rejects.toMatchObject({ code: 4403 });
  expect((await client.send(ACCESS)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
});

test("a token is listed by itself and never with its secret, and no browser gets a cookie for it", async () => {
  const { secret, token } = await aToken();
  const list = async (kind: string) => (await parties.running.client.query(`{ links(first: 100, kind: ${kind}) { id } }`)).links;
  expect(await list("TOKEN")).toContainEqual({ id: token.id });
  expect(await list("ACCESS")).not.toContainEqual({ id: token.id });
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ secret });
  const response = await fetch(`${parties.running.address}/access`, { method: "POST", headers, body });
  expect([response.status, response.headers.get("Set-Cookie")]).toEqual([401, null]);
  const asCookie = await fetch(`${parties.running.address}/schema.graphql`, { headers: { Cookie: `atelier=${secret}` } });
  expect(asCookie.status).toBe(401);
});

test("a token owns what it starts, together with the one that replaces it", async () => {
  const old = await aToken();
  const image = await old.client.upload((await pngPicture(20, 20, 7)).bytes);
  const [renewed, other] = [await aToken({ replaces: old.token.id }), await aToken()];
  const third = await aToken({ replaces: renewed.token.id });
  const find = async ({ client }: typeof old) => (await client.query("query ($id: ID!) { image(id: $id) { id } }", { id: image })).image;
  expect(await Promise.all([old, renewed, third, other].map(find))).toEqual([{ id: image }, { id: image }, { id: image }, null]);
  const { client } = parties.running;
  const refused = await client.refusal(CREATE, { input: { name: "x", role: "ARTIST", replaces: parties.owner.linkId } });
  expect(refused).toMatchObject({ code: "NOT_FOUND", field: "input.replaces" });
});

test("a token that would be over at once is refused", async () => {
  const input = { name: "x", role: "VIEWER", expiresAt: new Date(0).toISOString() };
  expect(await parties.running.client.refusal(CREATE, { input })).toMatchObject({ code: "BAD_INPUT", field: "input.expiresAt" });
});

test.each([
  [{ roles: "artist" }, "roles", "ARTIST"],
  [{ "https://art.example/roles": ["viewer"] }, "https://art.example/roles", "VIEWER"],
  [{ realm_access: { roles: ["viewer", "admin", "artist"] } }, "realm_access.roles", "ADMIN"],
  [{ realm_access: null }, "realm_access.roles", null],
  [{}, "constructor", null],
])("the claim of %j named %s gives %s", (claims, claim, role) => {
  expect(roleIn(claims, claim)).toBe(role);
});
