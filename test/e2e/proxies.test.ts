import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient } from "graphql-sse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOnPath } from "../helpers/browser.js";
import { eventually } from "../helpers/eventually.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { openPageSocket } from "../helpers/page-socket.js";
import { pngPicture } from "../helpers/pictures.js";
import { ServerFixture } from "../helpers/server-fixture.js";
import { noteSkipped } from "../helpers/skipped.js";

/** How a proxy is started: its files by name, and its arguments in the folder with them. */
interface Proxy {
  files(port: number, server: string): Promise<Record<string, string>>;
  args(folder: string): string[];
}

/** The example of the documentation, in a server of its own. */
async function nginxExample(server: string): Promise<string> {
  const text = await readFile("docs/access.md", "utf8");
  const location = /```nginx\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const map = /`(map \$http_upgrade [^`]*)`/.exec(text)?.[1] ?? "";
  expect([location, map]).not.toContain("");
  return `${map}\n server { listen LISTEN; ${location.replace("http://127.0.0.1:4000", server)} }`;
}

const proxies: Record<string, Proxy> = {
  nginx: {
    files: async (port, server) => ({
      "nginx.conf":
        "daemon off; master_process off; pid nginx.pid; error_log stderr; events {}\n" +
        "http { access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n" +
        `scgi_temp_path scgi; ${(await nginxExample(server)).replace("LISTEN", `127.0.0.1:${port}`)} }`,
    }),
    args: (folder) => ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
  },
  caddy: {
    files: async (port, server) => ({
      Caddyfile: `{\n  admin off\n}\nhttp://localhost:${port} {\n  bind 127.0.0.1\n  reverse_proxy ${server.replace("http://", "")}\n}\n`,
    }),
    args: (folder) => ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"],
  },
};

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(Object.entries(proxies))("behind %s", (name, proxy) => {
  const program = findOnPath([name]) ?? findOnPath([`../sbin/${name}`]);
  if (program === null) noteSkipped(`There is no ${name} on the PATH.`);
  describe.skipIf(program === null)("as the documentation sets it up", () => {
    let port = 0;
    let address = "";
    let running: ChildProcess | undefined;
    let output = "";
    const server = new ServerFixture(async () => {
      port = await freePort();
      address = `http://localhost:${port}`;
      return { ATELIER_ACCESS: "link", ATELIER_PUBLIC_URL: address, ATELIER_TRUSTED_PROXIES: "127.0.0.1" };
    });
    let client: GraphqlClient;

    beforeAll(async () => {
      const files = await proxy.files(port, server.address);
      for (const [file, text] of Object.entries(files)) await writeFile(join(server.folder, file), text);
      const env = { ...process.env, HOME: server.folder, XDG_DATA_HOME: server.folder, XDG_CONFIG_HOME: server.folder };
      running = spawn(program ?? "", proxy.args(server.folder), { env, stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [running.stdout, running.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
      await eventually(async () => expect((await fetch(`${address}/healthz`).catch(() => null))?.status, output.slice(-2000)).toBe(200));
      const { secret } = JSON.parse(await readFile(join(server.folder, "operator.json"), "utf8")) as { secret: string };
      client = new GraphqlClient(address, secret);
    });
    afterAll(async () => {
      await client?.close();
      if (!running || running.exitCode !== null) return;
      running.kill();
      await once(running, "exit");
    });

    test("pictures come in, a painting streams over the WebSocket, and an output over MJPEG", async () => {
      const image = await client.upload((await pngPicture(900, 700)).bytes);
      const { startStyleTransfer } = await client.query(
        "mutation ($id: ID!) { startStyleTransfer(input: { contentId: $id, styles: [{ imageId: $id }], size: 64, steps: 8, scales: 1 }) { id } }",
        { id: image },
      );
      const steps: number[] = [];
      const WATCH = "subscription ($id: ID!) { session(id: $id, afterStep: -1) { ... on Frame { step url } } }";
      for (const { session } of await client.collect(WATCH, startStyleTransfer)) if ("step" in session) steps.push(session.step);
      expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      const frame = await fetch(`${address}/frames/${startStyleTransfer.id}/8`, { headers: client.credentials });
      expect([frame.status, frame.headers.get("Cache-Control")]).toEqual([200, "private, no-cache"]);

      const { shareOutput } = await client.query('mutation { shareOutput(output: "wall", input: { name: "x" }) { path } }');
      const stream = await fetch(address + shareOutput.path);
      const reader = stream.body!.getReader();
      // Its first picture comes at once, and its end never.
      let bytes = 0;
      while (bytes < 500) bytes += (await reader.read()).value?.byteLength ?? 0;
      await reader.cancel();
    });

    test("events and pictures of a stream come as they are sent, before what follows them", async () => {
      const image = await client.upload((await pngPicture(90, 70)).bytes);
      const { startStyleTransfer } = await client.query(
        "mutation ($id: ID!) { startStyleTransfer(input: { contentId: $id, styles: [{ imageId: $id }], size: 64, steps: 5000, scales: 1 }) { id } }",
        { id: image },
      );
      const control = (name: string) => client.query(`mutation ($id: ID!) { ${name}(sessionId: $id) { id } }`, startStyleTransfer);
      const stream = createClient({
        url: `${address}/graphql`,
        singleConnection: true,
        headers: { ...client.credentials },
        retryAttempts: 0,
      });
      const query =
        "subscription ($id: ID!) { session(id: $id, afterStep: -1) { ... on Frame { step } ... on SessionChange { session { status } } } }";
      interface Event {
        session: { step?: number; session?: { status: string } };
      }
      const events = stream.iterate<Event>({ query, variables: startStyleTransfer });
      /** Resolves once an event has come that fits: a proxy that gathers events would keep it until there are more. */
      const seen = async (fits: (event: Event["session"]) => boolean) => {
        for (;;) {
          const { value, done } = await events.next();
          if (done) throw new Error("The stream ended.");
          if (value.data && fits(value.data.session)) return;
        }
      };
      await seen(({ step }) => step !== undefined && step > 0);
      await control("pauseSession");
      await seen(({ session }) => session?.status === "PAUSED");

      const pictures = await fetch(`${address}/sessions/${startStyleTransfer.id}/stream.mjpeg`, { headers: client.credentials });
      const reader = pictures.body!.getReader();
      let text = "";
      /** Resolves once so many pictures have begun to come. */
      const shown = async (count: number) => {
        while (text.split("Content-Type: image/").length <= count) {
          const { value, done } = await reader.read();
          if (done) throw new Error("The stream ended.");
          text += Buffer.from(value).toString("latin1");
        }
      };
      await shown(1);
      await control("resumeSession");
      await shown(2);
      await reader.cancel();
      await control("cancelSession");
      await seen(({ session }) => session?.status === "CANCELLED");
      stream.dispose();
    });

    test("a link is opened and used by pages of the address that browsers show alone, until it is revoked", async () => {
      const { createLink } = await client.query('mutation { createLink(input: { name: "x", role: VIEWER }) { secret link { id } } }');
      const open = (origin: string) =>
        fetch(`${address}/access`, {
          method: "POST",
          headers: { "Content-Type": "application/json", Origin: origin },
          body: JSON.stringify({ secret: createLink.secret }),
        });
      expect((await open("http://evil.example")).status).toBe(403);
      const opened = await open(address);
      expect(opened.status).toBe(200);
      const [cookie = ""] = (opened.headers.get("Set-Cookie") ?? "").split(";");
      const page = openPageSocket(address, { cookie, origin: address });
      const role = page.client.iterate({ query: "{ server { access { role } } }" });
      expect((await role.next()).value).toMatchObject({ data: { server: { access: { role: "VIEWER" } } } });
      // The guard refuses the upgrade.
      expect(await openPageSocket(address, { cookie, origin: "http://evil.example" }).closed).toBe(1006);
      await client.query("mutation ($id: ID!) { revokeLink(id: $id) { id } }", createLink.link);
      expect(await page.closed).toBe(4403);
    });
  });
});
