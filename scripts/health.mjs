/** Ends with 0 when the server of this container answers at /healthz, otherwise with 1: `node scripts/health.mjs`. */
import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";

const port = process.env.PORT || "4000";
// The port of a worker, which serves its health alone, speaks http whatever certificate all processes share.
const isSecure = Boolean(process.env.ATELIER_TLS_CERT) && process.env.ATELIER_ROLE !== "worker";
// The certificate names another host, which does no harm here: this only asks whether the server answers.
const options = { host: "127.0.0.1", port, path: "/healthz", timeout: 4000, rejectUnauthorized: false };
const request = (isSecure ? overHttps : overHttp)(options, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.on("timeout", () => request.destroy(new Error("no answer in time")));
request.on("error", ({ message }) => {
  console.error(message);
  process.exit(1);
});
request.end();
