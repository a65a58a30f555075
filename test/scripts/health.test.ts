import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inRoot } from "../../scripts/root.mjs";
import { makeCertificate, noCertificates } from "../helpers/certificate.js";
import { noteSkipped } from "../helpers/skipped.js";

if (noCertificates !== null) noteSkipped(noCertificates);

/** Port of a server that listens on loopback until the test ends. */
async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const answering =
  (status: number): RequestListener =>
  ({ url }, response) =>
    void response.writeHead(url === "/healthz" ? status : 404).end();

/** Exit code of the health check of a container with these variables. */
async function checked(port: number, variables: Record<string, string> = {}): Promise<number | null> {
  const child = spawn(process.execPath, [inRoot("scripts/health.mjs")], {
    env: { PATH: process.env.PATH ?? "", PORT: String(port), ...variables },
    stdio: "ignore",
  });
  const [code] = await once(child, "exit");
  return code;
}

test("the health of a server is asked for over http", async () => {
  expect(await checked(await listening(createHttpServer(answering(200))))).toBe(0);
  expect(await checked(await listening(createHttpServer(answering(503))))).toBe(1);
});

test.skipIf(noCertificates !== null)("with a certificate, the health is asked for over https", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-health-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { cert, key } = makeCertificate(folder, "server");
  const port = await listening(createHttpsServer({ cert: await readFile(cert), key: await readFile(key) }, answering(200)));
  for (const role of ["api", "all"]) expect(await checked(port, { ATELIER_TLS_CERT: cert, ATELIER_ROLE: role })).toBe(0);
});

test("the health of a worker is asked for over http, also where all processes have the certificate in their settings", async () => {
  const port = await listening(createHttpServer(answering(200)));
  expect(await checked(port, { ATELIER_TLS_CERT: "/etc/atelier/cert.pem", ATELIER_ROLE: "worker" })).toBe(0);
});
