import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { clientAddresses } from "../../server/http/client-address.js";
import { addressKey } from "../../server/limits/address.js";

const clientAddress = clientAddresses(["127.0.0.1", "10.0.0.0/24"]);

/** The address of a request that a machine sends with an X-Forwarded-For header. */
function addressOf(remoteAddress: string, forwarded?: string): string | null {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return clientAddress({ socket: { remoteAddress }, headers } as unknown as IncomingMessage);
}

test("a client's address is the last one that a trusted proxy names", () => {
  expect(addressOf("203.0.113.1")).toBe("203.0.113.1");
  expect(addressOf("203.0.113.1", "198.51.100.1")).toBe("203.0.113.1");
  expect(addressOf("127.0.0.1", "198.51.100.1")).toBe("198.51.100.1");
  // The client wrote the first itself.
  expect(addressOf("127.0.0.1", "192.0.2.66, 198.51.100.1,10.0.0.7")).toBe("198.51.100.1");
  expect(addressOf("127.0.0.1", " , ")).toBe("127.0.0.1");
});

test("the addresses of one network of IPv6 count as one", () => {
  expect(addressKey("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(addressKey("192.0.2.1")).toBe("192.0.2.1");
  expect(addressKey("2001:db8:0:0012::1")).toBe("2001:db8:0:12::/64");
  expect(addressKey("2001:DB8:0:12:ffff::")).toBe("2001:db8:0:12::/64");
  expect(addressKey("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(addressKey("::1")).toBe("0:0:0:0::/64");
  expect(addressKey("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
});
