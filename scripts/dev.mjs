import "./node-version.mjs";
import { spawn } from "node:child_process";
import { createServer, request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { endWithNpm } from "./end-with-npm.mjs";
import { install } from "./prepare.mjs";
import { inRoot, root } from "./root.mjs";

/** Addresses of the server; every other one is a page of the studio. */
const SERVER_PATHS =
  /^\/(graphql|access|healthz|readyz|metrics|images|frames|sessions|exports)([/?]|$)|^\/schema\.graphql$|^\/models\/[^/]+\/(preview|sheet)|^\/live\/out\/[^/]+\.mjpeg/;

const HOST = "127.0.0.1";

/** @typedef {{ host: string, port: number }} Address */

endWithNpm();
await install();
const port = Number(process.env.PORT || 4000);
const studioAddress = `http://${HOST}:${port}`;
const server = { host: HOST, port: port + 1 };

// The server starts again when one of its files changes; it accepts the address of this process as its own.
const origins = [studioAddress, `http://localhost:${port}`, ...(process.env.ATELIER_ORIGINS ?? "").split(",").filter(Boolean)];
const child = spawn(
  process.execPath,
  [inRoot("node_modules", "tsx", "dist", "cli.mjs"), "watch", "--clear-screen=false", inRoot("server", "main.ts")],
  { cwd: root, stdio: "inherit", env: { ...process.env, HOST, PORT: String(server.port), ATELIER_ORIGINS: origins.join(",") } },
);
child.once("exit", (code) => process.exit(code ?? 1));

// The studio's pages load their changes without a restart.
process.env.NEXT_TELEMETRY_DISABLED = "1";
// Any other mode would load React's build for production into the development server. Next's types call it read-only.
Object.assign(process.env, { NODE_ENV: "development" });
const front = createServer();
// Not an import: next's types would alter those of Node for the whole server.
const next = createRequire(import.meta.url)("next");
const studio = next({ dev: true, dir: inRoot("web"), hostname: HOST, port, httpServer: front });
await studio.prepare();
const servePage = studio.getRequestHandler();

front.on("request", (request, response) => {
  const url = request.url ?? "/";
  if (SERVER_PATHS.test(url)) return forward(request, response, server);
  // The export has one page for every session, and one for every output.
  request.url = url.replace(/^\/(s|live\/out)\/[^/.]+$/, "/$1");
  void servePage(request, response);
});
front.on("upgrade", (request, socket, head) => {
  if (SERVER_PATHS.test(request.url ?? "/")) tunnel(request, socket, head, server);
});
front.listen(port, HOST, () => console.log(`The studio is at ${studioAddress} and follows your changes; the server is behind it.`));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => child.kill(signal));

/**
 * Passes a request on and its response back; 503 while the server starts again.
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {Address} address
 */
function forward(request, response, address) {
  const { method, headers, url: path } = request;
  const onward = httpRequest({ ...address, method, headers, path }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(503, { "Content-Type": "text/plain", "Retry-After": "1" }).end("The server is starting again.\n");
  });
  response.once("close", () => onward.destroy());
  request.pipe(onward);
}

/**
 * Joins a socket that is to be upgraded to one of the server.
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:stream").Duplex} socket
 * @param {Buffer} head bytes that followed the request
 * @param {Address} address
 */
function tunnel(request, socket, head, address) {
  const onward = connect(address.port, address.host, () => {
    const headers = request.rawHeaders.map((text, place) => (place % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
    onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers}\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  onward.once("error", () => socket.destroy());
  socket.once("error", () => onward.destroy());
}
