import { once } from "node:events";
import { request } from "node:http";
import sharp from "sharp";
import WebSocket from "ws";
import type { GraphqlClient, GraphqlError } from "../helpers/graphql-client.js";
import { pngPicture } from "../helpers/pictures.js";

/** How a server refused something, with its Retry-After header; null when it did not. */
export type Refusal = (GraphqlError["extensions"] & { retryAfterHeader?: number | null }) | null;

/** Whoever sends requests to a server. */
export type Caller = Pick<GraphqlClient, "address" | "credentials">;

const PROTOCOL = "graphql-transport-ws";

/** Sends an operation over HTTP. `address` is where it comes from, for a server that trusts this machine as a proxy. */
export async function operate(
  { address, credentials }: Caller,
  query: string,
  variables: Record<string, unknown> = {},
  from = "",
): Promise<Refusal> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...credentials, ...(from === "" ? {} : { "X-Forwarded-For": from }) },
    body: JSON.stringify({ query, variables }),
  });
  const { errors } = (await response.json()) as { errors?: GraphqlError[] };
  return errors?.[0] ? { ...errors[0].extensions, retryAfterHeader: numberOf(response.headers.get("Retry-After")) } : null;
}

/** Makes a link to an output. */
export function shareOutput(who: Caller): Promise<Refusal> {
  return operate(who, 'mutation { shareOutput(output: "stage", input: { name: "OBS" }) { path } }');
}

/** Uploads bytes; a new picture of about 3 kB unless others are given. */
export async function upload({ address, credentials }: Caller, bytes?: Uint8Array): Promise<Refusal> {
  const picture = bytes ?? (await pngPicture(32, 32, Math.floor(Math.random() * 1e9))).bytes;
  const response = await fetch(`${address}/images`, { method: "POST", headers: credentials, body: new Blob([new Uint8Array(picture)]) });
  return refusalOf(response);
}

/** Tries to come in with a secret that opens nothing. */
export async function guess(address: string, from: string, secret = "x".repeat(32)): Promise<Refusal> {
  const headers = { "Content-Type": "application/json", "X-Forwarded-For": from };
  return refusalOf(await fetch(`${address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) }));
}

/** Opens a link in a browser without a cookie; returns the visitor that it becomes. */
export async function visit(address: string, from: string, secret: string): Promise<Caller> {
  const headers = { "Content-Type": "application/json", "X-Forwarded-For": from };
  const response = await fetch(`${address}/access`, { method: "POST", headers, body: JSON.stringify({ secret }) });
  const Cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  return { address, credentials: { Cookie, Origin: address } };
}

/** Looks at a picture as a stranger. */
export async function look(address: string, path: Promise<string>, from: string): Promise<Refusal> {
  return read(address + (await path), { "X-Forwarded-For": from });
}

/** Reads what is at an address. */
export async function read(url: string, headers: Record<string, string>): Promise<Refusal> {
  const response = await fetch(url, { headers });
  if (!response.ok) return refusalOf(response);
  await response.body?.cancel();
  return null;
}

/** Opens a socket, which `close` of the list closes; a stranger's without a client's credentials. */
export async function openSocket(opened: WebSocket[], client: Caller, from = ""): Promise<Refusal> {
  const headers = { ...client.credentials, ...(from === "" ? {} : { "X-Forwarded-For": from }) };
  const socket = new WebSocket(`${client.address.replace("http", "ws")}/graphql`, PROTOCOL, { headers });
  opened.push(socket);
  socket.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(null));
    socket.once("unexpected-response", async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString());
      resolve({ ...body, retryAfterHeader: numberOf(response.headers["retry-after"] ?? null) });
    });
    socket.once("close", () => reject(new Error("The socket was closed.")));
  });
}

/** Opens an MJPEG stream. It stays open until its controller, which is added to the list, aborts it. */
export async function openStream(opened: AbortController[], url: string, headers: Record<string, string>): Promise<Refusal> {
  const controller = new AbortController();
  const response = await fetch(url, { headers, signal: controller.signal });
  if (!response.ok) return refusalOf(response);
  opened.push(controller);
  return null;
}

/** Closes sockets and waits until they are. */
export async function closeAll(opened: WebSocket[]): Promise<void> {
  const open = opened.splice(0).filter(({ readyState }) => readyState === WebSocket.OPEN);
  await Promise.all(
    open.map((socket) => {
      socket.close();
      return once(socket, "close");
    }),
  );
}

/** Begins an upload whose body never ends; resolves once the server has it. Returns how to give it up. */
export async function beginUpload({ address, credentials }: Caller): Promise<() => void> {
  const headers = { ...credentials, "Content-Length": "1000", Expect: "100-continue" };
  const sent = request(`${address}/images`, { method: "POST", headers });
  sent.on("error", () => undefined).flushHeaders();
  await once(sent, "continue");
  return () => void sent.destroy();
}

/** A JPEG or PNG of one colour, of any size. */
export function plain(width: number, height: number, format: "png" | "jpeg"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: Math.floor(Math.random() * 256), g: 99, b: 99 } } })
    .toFormat(format)
    .toBuffer();
}

async function refusalOf(response: Response): Promise<Refusal> {
  const body = (await response.json()) as GraphqlError["extensions"];
  return response.ok ? null : { ...body, retryAfterHeader: numberOf(response.headers.get("Retry-After")) };
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}
