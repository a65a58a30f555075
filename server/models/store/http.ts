import type { EnvHttpProxyAgent, Response } from "undici";

/** Why a transfer failed; the message may be shown to clients. */
export class TransferError extends Error {
  override readonly name = "TransferError";

  /** Whether the same request may succeed later. */
  readonly temporary: boolean;
  /** HTTP status of the response; null where there was none. */
  readonly status: number | null;

  constructor(message: string, { temporary, status, cause }: { temporary: boolean; status?: number; cause?: unknown }) {
    super(message, { cause });
    this.temporary = temporary;
    this.status = status ?? null;
  }
}

/** When a transfer is given up. */
export interface TransferLimits {
  /** Time without a byte after which an attempt ends, ms. */
  stallMs: number;
  /** Attempts in a row that bring less than a mebibyte; also how often the bytes that arrived may be dropped. */
  attempts: number;
  /** Wait after the first failed attempt, ms; doubles after each further one, and is longer by up to half at random. */
  backoffMs: number;
}

export const transferLimits: TransferLimits = { stallMs: 30_000, attempts: 5, backoffMs: 1000 };

/** Goes through the proxies that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, in capitals or not, as they are at the first use. */
let proxies: EnvHttpProxyAgent | null = null;

const MAX_REDIRECTS = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Statuses other than 5xx after which the same request may succeed later. */
const temporaryStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** Aborts a request that receives nothing for a while. */
export class Watchdog {
  private readonly stalled = new AbortController();
  private readonly timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(stallMs: number, signal: AbortSignal) {
    this.timer = setTimeout(() => this.stalled.abort(new TransferError("the download server sends nothing", { temporary: true })), stallMs);
    this.signal = AbortSignal.any([signal, this.stalled.signal]);
  }

  /** Restarts the time, as bytes arrived. */
  reset(): void {
    this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/**
 * Requests bytes without compression; follows a few redirects, but none from https to http.
 * @returns a response with status 200, 206 or 416.
 * @throws TransferError for any other status; the signal's reason when it aborts.
 */
export async function requestBytes(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let address = url;
  for (let hops = 0; ; hops++) {
    const response = await request(address, headers, signal);
    const { status } = response;
    if ([200, 206, 416].includes(status)) {
      const encoding = response.headers.get("content-encoding") ?? "identity";
      if (encoding !== "identity") return reject(response, `the download server sends it compressed as ${encoding.slice(0, 20)}`);
      return response;
    }
    if (!redirects.has(status)) {
      return reject(response, `the download server returns status ${status}`, status >= 500 || temporaryStatuses.has(status));
    }
    const next = redirected(address, response.headers.get("location"));
    if (next === null || hops === MAX_REDIRECTS) {
      return reject(response, "the download server redirects to an address that cannot be used");
    }
    await response.body?.cancel();
    address = next;
  }
}

/** Downloads a short text; null where the server has none (404, 410). @throws TransferError. */
export async function downloadText(url: URL, maxBytes: number, stallMs: number, signal: AbortSignal): Promise<string | null> {
  const watchdog = new Watchdog(stallMs, signal);
  try {
    const response = await requestBytes(url, {}, watchdog.signal);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of bodyOf(response, watchdog)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new TransferError(`it has more than ${maxBytes} bytes`, { temporary: false });
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    if (error instanceof TransferError && (error.status === 404 || error.status === 410)) return null;
    throw error;
  } finally {
    watchdog.stop();
  }
}

/** The chunks of a response; each resets the watchdog. @throws TransferError when the connection breaks off. */
export async function* bodyOf(response: Response, watchdog: Watchdog): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  let open = true;
  try {
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      watchdog.reset();
      yield value;
    }
    open = false;
  } catch (error) {
    open = false;
    throw networkError(error, watchdog.signal, "broke off");
  } finally {
    // The consumer stopped early.
    if (open) await reader?.cancel();
  }
}

async function request(address: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    // Loaded only now: it takes a twentieth of the time of a start, and most starts download nothing.
    const undici = await import("undici");
    proxies ??= new undici.EnvHttpProxyAgent({ ...proxyOf("httpProxy", "http_proxy"), ...proxyOf("httpsProxy", "https_proxy") });
    return await undici.fetch(address, {
      dispatcher: proxies,
      redirect: "manual",
      headers: { ...headers, "accept-encoding": "identity" },
      signal,
    });
  } catch (error) {
    throw networkError(error, signal, "cannot be reached");
  }
}

/** The proxy that a variable names, in capitals or not. Many programs accept it without a scheme, so this one does too. */
function proxyOf(option: "httpProxy" | "httpsProxy", variable: string): EnvHttpProxyAgent.Options {
  const address = process.env[variable] ?? process.env[variable.toUpperCase()];
  return address ? { [option]: address.includes("://") ? address : `http://${address}` } : {};
}

async function reject(response: Response, reason: string, temporary = false): Promise<never> {
  await response.body?.cancel();
  throw new TransferError(reason, { temporary, status: response.status });
}

function redirected(from: URL, location: string | null): URL | null {
  if (location === null || !URL.canParse(location, from)) return null;
  const to = new URL(location, from);
  const allowed = from.protocol === "https:" ? ["https:"] : ["http:", "https:"];
  return allowed.includes(to.protocol) ? to : null;
}

/** The reason of the signal that ended a request, or a temporary failure of the network. */
function networkError(error: unknown, signal: AbortSignal, what: string): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof TransferError || !(error instanceof TypeError)) return error;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new TransferError(`the download server ${what}${code}`, { temporary: true, cause: error });
}
