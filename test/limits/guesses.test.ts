import { afterEach, expect, test, vi } from "vitest";
import { newSecret } from "../../server/access/secrets.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { partiesOfFile } from "../helpers/parties.js";
import { look, operate, type Refusal, visit } from "./attempts.js";

const limits = { strangerRequestsPerMinute: 12, wrongSecretsPerMinute: 4 };
const parties = partiesOfFile({ limits, trustedProxies: ["127.0.0.1"] });
const { running } = parties;
const PING = "{ server { version } }";

afterEach(() => void vi.restoreAllMocks());

/** How strangers guess; each time with something else. */
const guesses: Record<string, (from: string) => Promise<Refusal>> = {
  "addresses of pictures": (from) => look(running.address, Promise.resolve(`/images/${crypto.randomUUID()}`), from),
  "keys of outputs": (from) => look(running.address, Promise.resolve(`/live/out/wall.mjpeg?key=${newSecret()}`), from),
  "Bearer secrets": (from) => operate(new GraphqlClient(running.address, newSecret()), PING, {}, from),
  cookies: async (from) => {
    const headers = { Cookie: `atelier=${newSecret()}`, "X-Forwarded-For": from };
    const response = await fetch(`${running.address}/models/vgg19/preview`, { headers });
    const body = (await response.json()) as NonNullable<Refusal>;
    return { ...body, retryAfterHeader: Number(response.headers.get("Retry-After")) };
  },
};

/** How often the rows that tell what is right are read. */
function reads(): () => number {
  const { access, images } = running.storage;
  const spies = [vi.spyOn(access, "linkOf"), vi.spyOn(access, "visitorOf"), vi.spyOn(images, "find")];
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

test.each(Object.entries(guesses))("guesses of %s are limited before anything is read", async (name, guess) => {
  const from = `203.0.113.${name.length}`;
  const { client } = await parties.someone("VIEWER");
  expect(await operate(client, PING, {}, from)).toBeNull();
  const read = reads();
  const codes: (string | undefined)[] = [];
  for (let count = 0; count < 20; count++) codes.push((await guess(from))?.code);
  expect(codes[0]).toBe("UNAUTHENTICATED");
  expect(codes.at(-1)).toBe("LIMIT");
  expect(read()).toBeLessThanOrEqual(limits.strangerRequestsPerMinute);
  expect(await guess(from)).toMatchObject({ code: "LIMIT", retryAfter: expect.any(Number), retryAfterHeader: expect.any(Number) });
  // Whoever has the right one is not held up, and neither are others elsewhere.
  expect(await operate(client, PING, {}, from)).toBeNull();
  expect((await guess(`198.51.100.${name.length}`))?.code).toBe("UNAUTHENTICATED");
});

test("a right secret that was never used is let in while others guess, and guesses are no attempts twice", async () => {
  const from = "203.0.113.200";
  const wrong = new GraphqlClient(running.address, newSecret());
  for (let count = 0; count < limits.wrongSecretsPerMinute + 2; count++) {
    expect((await operate(wrong, PING, {}, from))?.code).toBe("UNAUTHENTICATED");
  }
  for (let count = 0; count < 4; count++) await operate(new GraphqlClient(running.address, newSecret()), PING, {}, from);
  expect((await operate((await parties.someone("VIEWER")).client, PING, {}, from))?.code).toBeUndefined();
});

test("right secrets do not count, however often they are used", async () => {
  const from = "203.0.113.201";
  for (let count = 0; count < 2 * limits.strangerRequestsPerMinute; count++) {
    expect(await operate((await parties.someone("VIEWER")).client, PING, {}, from)).toBeNull();
  }
});

test("cookies that are guessed in order to sign somebody out are limited too", async () => {
  const from = "203.0.113.202";
  const leave = async (headers: Record<string, string>) =>
    (await fetch(`${running.address}/access`, { method: "DELETE", headers: { ...headers, "X-Forwarded-For": from } })).status;
  const secret = (await parties.someone("VIEWER")).client.token ?? "";
  const { Cookie = "" } = (await visit(running.address, from, secret)).credentials;
  expect(await operate({ address: running.address, credentials: { Cookie } }, "{ sessions { totalCount } }", {}, from)).toBeNull();
  const read = reads();
  const statuses = new Set<number>();
  for (let count = 0; count < 60; count++) statuses.add(await leave({ Cookie: `atelier=${newSecret()}` }));
  expect(statuses).toEqual(new Set([204, 429]));
  expect(read()).toBeLessThan(60);
  // Whoever has a right one can leave all the same.
  expect(await leave({ Cookie })).toBe(204);
});

test("a role is no leave to guess secrets of links", async () => {
  const { client } = await parties.someone("VIEWER");
  const headers = { ...client.credentials, "Content-Type": "application/json", "X-Forwarded-For": "203.0.113.203" };
  const open = async (secret: string) =>
    (await fetch(`${running.address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) })).status;
  const statuses: number[] = [];
  for (let count = 0; count < limits.wrongSecretsPerMinute + 1; count++) statuses.push(await open(newSecret()));
  expect(statuses).toEqual([...Array(limits.wrongSecretsPerMinute).fill(401), 429]);
  expect(await open((await parties.someone("ARTIST")).client.token ?? "")).toBe(200);
});
