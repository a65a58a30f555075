import { execFile } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { Agent, fetch } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { makeCertificate, noCertificates } from "./helpers/certificate.js";
import { removableDataFolder } from "./helpers/data-folder.js";
import { eventually } from "./helpers/eventually.js";
import { ServerProcess, serverProgram } from "./helpers/server.js";
import { noteSkipped } from "./helpers/skipped.js";

if (noCertificates !== null) noteSkipped(noCertificates);

describe.skipIf(noCertificates !== null)("a server with a certificate", () => {
  let folder: string;
  let remove: () => Promise<void>;
  let server: ServerProcess;
  let address: string;
  let ca = "";
  const file = (name: string) => join(folder, name);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });

  /** The name in the certificate that a new connection gets. */
  const named = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port: Number(new URL(address).port), host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.end();
      });
      socket.on("error", reject);
    });

  beforeAll(async () => {
    ({ folder, remove } = await removableDataFolder());
    for (const name of ["first", "second"]) makeCertificate(folder, name);
    await copyFile(file("first.pem"), file("cert.pem"));
    await copyFile(file("first.key"), file("key.pem"));
    ca = await readFile(file("first.pem"), "utf8");
    server = new ServerProcess({
      ATELIER_DATA: folder,
      ATELIER_DEVICE: "cpu",
      ATELIER_ACCESS: "link",
      ATELIER_TLS_CERT: file("cert.pem"),
      ATELIER_TLS_KEY: file("key.pem"),
    });
    address = (await server.client()).address;
  });
  afterAll(async () => {
    await dispatcher.close();
    await server.end();
    await remove();
  });

  test("speaks https alone, with cookies that go over nothing else, and a secure WebSocket", async () => {
    expect(address).toMatch(/^https:/);
    await expect(fetch(`${address.replace("https", "http")}/healthz`)).rejects.toThrow();
    const { secret } = JSON.parse(await readFile(file("operator.json"), "utf8")) as { secret: string };
    const headers = { "Content-Type": "application/json" };
    const query = 'mutation { createLink(input: { name: "x", role: VIEWER }) { secret } }';
    const made = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { ...headers, Authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query }),
      dispatcher,
    });
    const { data } = (await made.json()) as { data: { createLink: { secret: string } } };
    const open = (origin: string) =>
      fetch(`${address}/access`, {
        method: "POST",
        headers: { ...headers, Origin: origin },
        body: JSON.stringify(data.createLink),
        dispatcher,
      });
    expect((await open(address.replace("https", "http"))).status).toBe(403);
    const opened = await open(address);
    // Only this host can set a cookie of this name, for all of its paths.
    expect(opened.headers.get("Set-Cookie")).toMatch(/^__Host-atelier=[\w-]{32}; Path=\/; .*; Secure$/);

    const cookie = opened.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const socket = new WebSocket(`${address.replace("https", "wss")}/graphql`, "graphql-transport-ws", {
      ca,
      headers: { Cookie: cookie, Origin: address },
    });
    const message = new Promise((resolve) => socket.once("message", (text) => resolve(JSON.parse(String(text)))));
    socket.once("open", () => socket.send(JSON.stringify({ type: "connection_init" })));
    expect(await message).toEqual({ type: "connection_ack" });
    socket.close();
  });

  test("is reached by the commands on its machine", async () => {
    const env = { ...process.env, ATELIER_DATA: folder, ATELIER_ACCESS: "link" };
    const { stdout } = await promisify(execFile)(process.execPath, serverProgram("links-main"), { env });
    expect(stdout).toContain("First admin");
  });

  test("takes a new certificate without a restart, and keeps the one before when the files do not fit", async () => {
    expect(await named()).toBe("first");
    await copyFile(file("second.key"), file("key.pem"));
    await copyFile(file("second.pem"), file("cert.pem"));
    await eventually(async () => expect(await named()).toBe("second"));
    const complaints = () => server.output.split("the certificate before stays").length;
    const before = complaints();
    await writeFile(file("cert.pem"), "no certificate");
    await eventually(() => expect(complaints()).toBeGreaterThan(before));
    expect(await named()).toBe("second");
  });
});
