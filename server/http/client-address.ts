import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/**
 * Returns the function that tells the address of a request's client, also for the upgrade to a WebSocket: that of the
 * connection, or, behind trusted proxies, what they say in X-Forwarded-For. Null when the connection is gone.
 */
export function clientAddresses(trustedProxies: readonly string[]): (request: IncomingMessage) => string | null {
  const isTrusted = trustedProxy(trustedProxies);
  return ({ socket, headers }) => {
    let address = socket.remoteAddress;
    if (address === undefined) return null;
    const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
    // The nearest proxy wrote the last entry; only those that a trusted one wrote are believed.
    for (;;) {
      const before = forwarded.pop()?.trim() ?? "";
      if (isIP(before) === 0 || !isTrusted(address)) break;
      address = before;
    }
    return address.replace(/^::ffff:(?=\d+\.)/, "");
  };
}

/**
 * Returns the function that tells whether the browser reaches the server by https, also for the upgrade to a WebSocket: by
 * its own certificate, by a trusted proxy, which says so in X-Forwarded-Proto, or because `publicUrl` says so.
 */
export function secureRequests(trustedProxies: readonly string[], publicUrl: URL | null): (request: IncomingMessage) => boolean {
  const isTrusted = trustedProxy(trustedProxies);
  return ({ socket, headers }) => {
    if (isEncrypted(socket) || publicUrl?.protocol === "https:") return true;
    const [scheme = ""] = String(headers["x-forwarded-proto"] ?? "").split(",");
    return scheme.trim().toLowerCase() === "https" && isTrusted(socket.remoteAddress ?? "");
  };
}

/** Whether a connection came to the server itself by https. */
export function isEncrypted(socket: IncomingMessage["socket"]): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}

/** Returns the function that says whether an address is that of a trusted proxy. `proxies` are addresses and networks. */
export function trustedProxy(proxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && trusted.check(address, version === 6 ? "ipv6" : "ipv4");
  };
}
