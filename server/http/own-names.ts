import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";

/** Names by which only this machine itself is known. */
export const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Whether an origin is one of this machine, whatever its port. */
export function isLoopback(origin: string): boolean {
  return URL.canParse(origin) && loopbackNames.includes(new URL(origin).hostname);
}

/**
 * Names and addresses by which other machines of the network know this one, as they stand in a Host header. They change
 * while the server runs, such as when a laptop joins another network.
 */
export function namesInNetwork(): string[] {
  const own = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  // mDNS names, such as atelier.local, are answered by macOS, Windows and Debian's avahi.
  const names = own.endsWith(".local") ? [own] : [own, `${own.split(".")[0]}.local`];
  return [...names, ...addresses.map((address) => (address.includes(":") ? `[${address.split("%")[0]}]` : address))];
}

/** Whether a program or page on this machine asks under a name of this machine's own, and no proxy for somebody else. */
export function isFromThisMachine({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">): boolean {
  const isForwarded = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"].some(
    (name) => name in headers,
  );
  const isLocal = /^(?:(?:::ffff:)?127\.|::1$)/.test(socket.remoteAddress ?? "");
  return isLocal && !isForwarded && isLoopback(`http://${headers.host}`);
}
