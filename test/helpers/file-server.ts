import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request in place of the well-behaved server. `bytes` is the requested file. */
export type FaultyResponse = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => void;

/** A request that the server received. */
export interface ReceivedRequest {
  path: string;
  range: string | null;
  ifRange: string | null;
}

/** Serves files from memory, with ranges and entity tags, and gives faulty responses that a test has queued. */
export class FileServer {
  readonly files = new Map<string, Buffer>();
  readonly requests: ReceivedRequest[] = [];
  /** Responses to the next requests for files whose names do not end in `card.json`, one each. */
  readonly faults: FaultyResponse[] = [];

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly address: string,
  ) {}

  static async start(): Promise<FileServer> {
    const server = createServer((request, response) => self.answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const self = new FileServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return self;
  }

  url(path: string): URL {
    return new URL(path, this.address);
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "/").slice(1);
    const { range = null, "if-range": ifRange } = request.headers;
    this.requests.push({ path, range, ifRange: typeof ifRange === "string" ? ifRange : null });
    const bytes = this.files.get(path);
    const fault = path.endsWith("card.json") ? undefined : this.faults.shift();
    if (!bytes) response.writeHead(404).end("nothing here");
    else if (fault) fault(request, response, bytes);
    else serve(request, response, bytes);
  }
}

/** Responds as a well-behaved server does. */
export function serve(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const etag = etagOf(bytes);
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const { "if-range": ifRange = etag } = request.headers;
  if (from === 0 || ifRange !== etag) response.writeHead(200, { etag, "content-length": bytes.length }).end(bytes);
  else if (from >= bytes.length) response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
  else {
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag, "content-length": bytes.length - from, "content-range": range }).end(bytes.subarray(from));
  }
}

export function etagOf(bytes: Buffer): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

/** Sends `count` bytes of the requested part, and closes the connection. */
export function breakOffAfter(count: number): FaultyResponse {
  return (request, response, bytes) => {
    const end = response.end.bind(response);
    response.end = ((body?: Buffer) =>
      body ? response.write(body.subarray(0, count), () => response.destroy()) : end()) as typeof response.end;
    serve(request, response, bytes);
  };
}

/**
 * Sends half the file, then a byte each second, so that the connection does not count as dead. Calls
 * `onHalf` when the half is sent.
 */
export function stallHalfway(onHalf?: () => void): FaultyResponse {
  return (_request, response, bytes) => {
    const half = Math.floor(bytes.length / 2);
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, half), () => onHalf?.());
    let sent = half;
    const drip = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 1000);
    response.once("close", () => clearInterval(drip));
  };
}

/** Responds with a status and no body. */
export function status(code: number, headers: Record<string, string> = {}): FaultyResponse {
  return (_request, response) => response.writeHead(code, headers).end();
}
