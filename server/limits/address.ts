import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";

/** Whether the X-Forwarded-For of an address is true; `hop` counts the proxies before it. */
export type IsTrusted = (address: string, hop: number) => boolean;

/**
 * The address that a request comes from: the last one before the proxies that are trusted, as `request.ip` of Express,
 * which upgrades to WebSockets do not pass.
 */
export function clientAddress({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">, isTrusted: IsTrusted): string {
  const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  const hops = [
    socket.remoteAddress ?? "",
    ...forwarded
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .reverse(),
  ];
  return hops.find((address, hop) => hop === hops.length - 1 || !isTrusted(address, hop)) ?? "";
}

/** What an address counts as: one machine has many addresses of IPv6, which begin with the same four groups. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  const [before = "", after] = plain.split("%")[0]?.split("::") ?? [];
  const head = before === "" ? [] : before.split(":");
  const tail = after ? after.split(":") : [];
  const missing = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  return `${[...head, ...Array<string>(missing).fill("0"), ...tail]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
