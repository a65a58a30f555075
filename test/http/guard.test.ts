import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { errorHandler } from "../../server/http/errors.js";
import { createGuard, type Guard } from "../../server/http/guard.js";
import { ask, listen } from "./server.js";

/** Serves what says whether a request counts as one of the server's own pages, behind a guard. */
async function serve(guard: Guard): Promise<{ port: number; close: () => Promise<void> }> {
  const app = express();
  app.use(guard.middleware);
  app.use((request, response) => {
    response.json({ isOwn: guard.isOwnPage(request) });
  });
  app.use(errorHandler(() => undefined));
  const { port, close, server } = await listen(app);
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (guard.refusal(request)) socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    else sockets.handleUpgrade(request, socket, head, (client) => client.send("welcome"));
  });
  return { port, close };
}

/** What a WebSocket receives first, or why it is not opened. */
function connect(port: number, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, { headers });
    socket.on("message", (data) => {
      resolve(String(data));
      socket.close();
    });
    socket.on("error", (error) => resolve(error.message));
  });
}

let port: number;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ port, close } = await serve(createGuard({ origins: ["https://studio.example", "http://art.example:8080/"] })));
});
afterAll(() => close());

const visit = (headers: Record<string, string>, method = "POST") => ask(port, "/graphql", { method, headers });

describe("the guard", () => {
  it.each(["localhost", "127.0.0.1", "[::1]", "LocalHost"])("accepts programs under the name %s", async (name) => {
    expect((await visit({ Host: `${name}:${port}` })).status).toBe(200);
  });

  it("accepts the server's own pages", async () => {
    for (const name of ["localhost", "127.0.0.1", "[::1]"]) {
      expect((await visit({ Origin: `http://${name}:${port}` })).status).toBe(200);
    }
  });

  it("refuses every other host name", async () => {
    const hosts = ["evil.example", `evil.example:${port}`, "localhost", `localhost:${port + 1}`, `localhost.evil.example:${port}`];
    for (const host of [...hosts, `127.0.0.1:${port}@evil.example`, `127.0.0.2:${port}`, `0.0.0.0:${port}`]) {
      const answer = await visit({ Host: host });
      expect([host, answer.status]).toEqual([host, 403]);
      expect(answer.json()).toEqual({ code: "FORBIDDEN", message: expect.any(String), field: "Host", limit: null });
    }
  });

  it("refuses pages of every other origin", async () => {
    const origins = ["https://evil.example", "null", "", `https://localhost:${port}`, `http://localhost:${port + 1}`, "http://localhost"];
    for (const origin of [
      ...origins,
      `http://localhost:${port}.evil.example`,
      "https://studio.example.evil.example",
      "http://studio.example",
    ]) {
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const answer = await visit({ Origin: origin }, method);
        expect([origin, answer.status]).toEqual([origin, 403]);
        expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      }
      expect((await visit({ Origin: origin })).json()).toMatchObject({ code: "FORBIDDEN", field: "Origin" });
    }
  });

  it("says what to set for a forwarded port or a proxy", async () => {
    const message = async (headers: Record<string, string>) => ((await visit(headers)).json() as { message: string }).message;
    expect(await message({ Host: "localhost:8080" })).toMatch(/forward a port .* ATELIER_PUBLIC_URL=http:\/\/localhost:8080, /);
    expect(await message({ Host: "art.example", "X-Forwarded-Proto": "https" })).toContain(
      "ATELIER_PUBLIC_URL=https://art.example and ATELIER_ACCESS=link, ",
    );
    expect(await message({ Host: "[2001:db8::1]:80" })).toContain("ATELIER_PUBLIC_URL=http://[2001:db8::1]:80 and ATELIER_ACCESS=link, ");
    expect(await message({ Host: "<b>evil" })).not.toContain("evil");
    const foreign = await message({ Origin: "https://art.example" });
    expect(foreign).toContain("your proxy, start the server with ATELIER_PUBLIC_URL=https://art.example and ATELIER_ACCESS=link; ");
    expect(foreign).toContain("another page that you trust, with ATELIER_ORIGINS=https://art.example and ATELIER_ACCESS=link; ");
    expect(await message({ Origin: "http://localhost:3000" })).toContain("with ATELIER_ORIGINS=http://localhost:3000; ");
    expect(await message({ Origin: "null" })).not.toContain("ATELIER_");
  });

  it("refuses a request with two Host headers", async () => {
    const own = `127.0.0.1:${port}`;
    for (const hosts of [
      [own, own],
      [own, "evil.example"],
    ]) {
      const socket = connectTcp(port, "127.0.0.1");
      socket.write(`GET / HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}Connection: close\r\n\r\n`);
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_INPUT".*"field":"Host"/s);
      socket.destroy();
    }
  });

  it("accepts allowed origins, under their host name too, and their preflight requests", async () => {
    for (const origin of ["https://studio.example", "http://art.example:8080"]) {
      const answer = await visit({ Origin: origin, Host: new URL(origin).host });
      expect([answer.status, answer.headers["access-control-allow-origin"], answer.headers.vary]).toEqual([200, origin, "Origin"]);
      const preflight = await visit({ Origin: origin, "Access-Control-Request-Headers": "content-type" }, "OPTIONS");
      expect(preflight.status).toBe(204);
      expect(preflight.headers["access-control-allow-headers"]).toBe("content-type");
      expect(preflight.headers["access-control-allow-methods"]).toContain("POST");
    }
  });

  it("applies the same rules to the upgrade of a WebSocket", async () => {
    expect(await connect(port, {})).toBe("welcome");
    expect(await connect(port, { Origin: `http://localhost:${port}` })).toBe("welcome");
    expect(await connect(port, { Origin: "https://evil.example" })).toContain("403");
    expect(await connect(port, { Host: `evil.example:${port}` })).toContain("403");
  });
});

describe("the guard of a server behind a proxy, which passes on the Host header or puts its own there", () => {
  const origin = "https://atelier.example";
  let proxied: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    proxied = await serve(createGuard({ publicUrl: new URL(origin), hasAccess: true }));
  });
  afterAll(() => proxied.close());
  const pass = (headers: Record<string, string>) => ask(proxied.port, "/graphql", { method: "POST", headers });
  const local = () => `127.0.0.1:${proxied.port}`;

  it("accepts the public address as Host, and its pages as the server's own", async () => {
    const accepted: Record<string, string>[] = [
      { Host: "atelier.example" },
      { Host: "Atelier.Example", Origin: origin },
      { Host: local(), Origin: origin },
    ];
    for (const headers of accepted) {
      const answer = await pass(headers);
      expect([headers, answer.status, answer.json()]).toEqual([headers, 200, { isOwn: true }]);
      // They are of the same origin, so CORS has nothing to allow.
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      expect(await connect(proxied.port, headers)).toBe("welcome");
    }
  });

  it("does not advise access control, which it has", async () => {
    const { message } = (await pass({ Host: "other.example" })).json() as { message: string };
    expect(message).toContain("ATELIER_PUBLIC_URL=http://other.example, ");
  });

  it("accepts no other name, scheme or port", async () => {
    const hosts = [
      "evil.example",
      "atelier.example:8443",
      `atelier.example:${proxied.port}`,
      "atelier.example.evil.example",
      "a.atelier.example",
    ];
    const origins = ["http://atelier.example", `${origin}:8443`, `${origin}.evil.example`, "https://a.atelier.example", "null"];
    const refused: Record<string, string>[] = [
      ...hosts.map((Host) => ({ Host })),
      ...origins.map((Origin) => ({ Host: "atelier.example", Origin })),
    ];
    for (const headers of refused) {
      const answer = await pass(headers);
      expect([headers, answer.status, answer.json()]).toMatchObject([headers, 403, { code: "FORBIDDEN" }]);
      expect(await connect(proxied.port, headers)).toContain("403");
    }
  });

  it("is not that of a server without a public address", async () => {
    expect((await visit({ Host: "atelier.example" })).status).toBe(403);
    expect((await visit({ Origin: origin })).status).toBe(403);
  });
});
