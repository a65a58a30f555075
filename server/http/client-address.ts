import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/**
 * Returns the function that tells the address of a request's client, also for the upgrade to a WebSocket: that of the
 * connection, or, behind trusted proxies, what they say in X-Forwarded-For. Null when the connection is gone.
 */
export function clientAddresses(trustedProxies: readonly string[]): (request: IncomingMessage) => string | null {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => {
    const version = isIP(address);
    return version !== 0 && trusted.check(address, version === 6 ? "ipv6" : "ipv4");
  };
  return ({ socket, headers }) => {
    let address = socket.remoteAddress;
    if (address === undefined) return null;
    const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
    // The nearest proxy wrote the last entry; only those that a trusted one wrote are believed.
    while (isTrusted(address)) {
      const before = forwarded.pop()?.trim() ?? "";
      if (isIP(before) === 0) break;
      address = before;
    }
    return address.replace(/^::ffff:(?=\d+\.)/, "");
  };
}
