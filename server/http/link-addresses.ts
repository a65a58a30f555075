import { type AddressInfo, isIPv6 } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/** Interfaces of containers, virtual machines and tunnels, which the machines of a room do not reach. */
const VIRTUAL = /^(?:docker|br-|bridge|veth|vethernet|virbr|vmnet|vmware|vboxnet|virtualbox|tun|tap|utun|wg|tailscale|zt)/i;

/** How a server is reached. */
export interface Reach {
  /** The address that browsers show where a proxy stands in front; null for this machine's own. */
  publicUrl: URL | null;
  /** The address by which this machine reaches the server, such as http://127.0.0.1:4000. */
  local: string;
  /** What the server listens on. */
  host: string;
}

/** The address by which this machine reaches a server, which may listen on all its addresses. */
export function localAddress({ port, address }: Pick<AddressInfo, "port" | "address">, scheme: "http" | "https"): string {
  const host = isIPv6(address) ? `[${address}]` : address;
  return `${scheme}://${host}:${port}`.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

/**
 * Addresses that a link may begin with: one, or that of this machine alone and then one that the other machines of its
 * network reach too.
 */
function linkAddresses({ publicUrl, local, host }: Reach): [string] | [string, string] {
  if (publicUrl) return [publicUrl.origin];
  const name = isUnspecified(host) ? addressInNetwork(isIPv6(host)) : null;
  if (name === null) return [local];
  const inNetwork = new URL(local);
  inNetwork.hostname = name;
  return [local, inNetwork.origin];
}

/** The lines that show a link with this path, and which of two is for whom. */
export function linkLines(path: string, reach: Reach): string[] {
  const addresses = linkAddresses(reach);
  const hint = "The first opens on this machine alone, the second on others too. Links that a page makes begin as its own address does.";
  return [...addresses.map((address) => address + path), ...(addresses.length > 1 ? [hint] : [])];
}

/** Whether a server that listens on an address listens on all of this machine's. */
function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** An address of this machine in its network, as it stands in a URL; null where it has none. IPv4 goes before IPv6. */
function addressInNetwork(withIPv6: boolean): string | null {
  const all = Object.entries(networkInterfaces()).flatMap(([name, infos = []]) => infos.map((info) => ({ name, info })));
  const candidates = all.filter(({ info }) => !info.internal && !isLinkLocal(info) && (withIPv6 || info.family === "IPv4"));
  const rank = ({ name, info }: (typeof all)[number]) => (VIRTUAL.test(name) ? 2 : 0) + (info.family === "IPv4" ? 0 : 1);
  const best = candidates.sort((one, other) => rank(one) - rank(other))[0]?.info;
  if (!best) return null;
  return best.family === "IPv4" ? best.address : `[${best.address}]`;
}

/** Whether an address counts on one cable alone, and in IPv6 needs the name of the interface. */
function isLinkLocal({ address }: NetworkInterfaceInfo): boolean {
  return /^(?:169\.254\.|fe[89ab])/i.test(address);
}
