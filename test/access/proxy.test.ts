import { request } from "node:http";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { type AppOptions, startApp } from "../helpers/app.js";
import { GraphqlClient } from "../helpers/graphql-client.js";

/** For each set of headers, whether the cookie of a browser that opens a link with them goes over https only. */
async function areSecure(options: AppOptions, ...sets: Record<string, string>[]): Promise<boolean[]> {
  const running = await startApp({ accessMode: "LINK", ...options });
  const link = { name: "x", ownerId: "tests", expiresAt: null };
  const { secret } = await running.app.links.create(link, { kind: "ACCESS", role: "VIEWER" });
  const secure: boolean[] = [];
  for (const headers of sets) {
    const response = await fetch(`${running.address}/access`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ secret }),
    });
    const cookie = response.headers.get("Set-Cookie") ?? "no cookie";
    const isSecure = /; Secure/.test(cookie);
    expect(cookie.startsWith("__Host-atelier=")).toBe(isSecure);
    const roleWith = async (value: string) => {
      const client = new GraphqlClient(running.address);
      return (await client.send("{ server { access { role } } }", {}, { ...headers, Cookie: value })).data.server.access.role;
    };
    const [pair = ""] = cookie.split(";");
    expect(await roleWith(pair)).toBe("VIEWER");
    // Over https, a page of a neighbouring name could have set one without the prefix.
    if (isSecure) expect(await roleWith(pair.replace("__Host-", ""))).toBeNull();
    secure.push(isSecure);
  }
  await running.close();
  return secure;
}

const forwarded = { "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9" };

test("only a proxy that is trusted says that a browser uses https", async () => {
  expect(await areSecure({ trustedProxies: ["10.0.0.0/8"] }, {}, forwarded)).toEqual([false, false]);
  expect(await areSecure({ trustedProxies: ["127.0.0.1"] }, {}, forwarded)).toEqual([false, true]);
  expect(await areSecure({ publicUrl: new URL("https://atelier.example") }, {})).toEqual([true]);
});

/** The statuses of a query under some host names. */
async function statusesOf(options: AppOptions, ...hosts: string[]): Promise<number[]> {
  const running = await startApp(options);
  const { port } = new URL(running.address);
  const statuses: number[] = [];
  for (const host of hosts) {
    const headers = { Host: `${host}:${port}`, "Apollo-Require-Preflight": "1" };
    statuses.push(
      await new Promise<number>((resolve, reject) => {
        const asked = request({ port, host: "127.0.0.1", path: "/graphql?query=%7B__typename%7D", headers });
        asked.on("response", (response) => resolve(response.resume().statusCode ?? 0)).on("error", reject);
        asked.end();
      }),
    );
  }
  await running.close();
  return statuses;
}

test("a server with links answers under this machine's names, and one without under loopback alone", async () => {
  const own = hostname().toLowerCase();
  const local = `${own.split(".")[0]}.local`;
  expect(await statusesOf({}, own, local, "localhost")).toEqual([403, 403, 200]);
  // The last two are a page's own names that were pointed at this machine (DNS rebinding).
  const names = [own, local, "localhost", `${own}.evil.example`, `${local}.evil.example`];
  expect(await statusesOf({ accessMode: "LINK" }, ...names)).toEqual([200, 200, 200, 403, 403]);
});

test("behind a proxy, only admins are told how much space is free", async () => {
  const running = await startApp({ accessMode: "LINK" });
  const ready = async (credentials: Record<string, string>) =>
    (await fetch(`${running.address}/readyz`, { headers: { ...credentials, ...forwarded } })).json();
  const artist = await running.app.links.create({ name: "x", ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role: "ARTIST" });
  expect(await ready({})).toEqual({ status: "ready" });
  for (const secret of [artist.secret, "a".repeat(32)]) {
    expect(await ready({ Authorization: `Bearer ${secret}` })).toEqual({ status: "ready" });
  }
  expect(await ready(running.client.credentials)).toEqual({ status: "ready", freeBytes: expect.any(Number) });
  await running.close();
});
