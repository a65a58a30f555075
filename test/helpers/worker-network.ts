import { execFileSync } from "node:child_process";
import { CuttableProxy } from "./cuttable-proxy.js";
import { areFaultsLong } from "./long-faults.js";
import type { ServerLaunch } from "./server.js";
import { noteSkipped } from "./skipped.js";

/** The network between a worker and what it uses, of which one way can be cut: nothing arrives any more, and nobody is told. */
export interface WorkerNetwork {
  /** The variables by which the worker reaches everything. */
  variables: Record<string, string>;
  launch: ServerLaunch;
  cut(): void;
  restore(): void;
  close(): Promise<void>;
}

/**
 * Opens the network of one worker; in the long form a network namespace of its own, where this machine allows it.
 * @param addresses what the worker uses: the values of variables such as DATABASE_URL, by their names.
 * @param cuttable the name of the one to which the network can be cut.
 */
export async function openWorkerNetwork(addresses: Record<string, string>, cuttable: string): Promise<WorkerNetwork> {
  // Namespaces need root, and addresses of this machine that no other run uses at the time, so the short form cuts at a proxy.
  if (areFaultsLong) hasNamespaces ??= canMakeNamespaces();
  if (hasNamespaces) return openNamespace(addresses, cuttable);
  const target = addresses[cuttable] ?? "";
  const proxy = await CuttableProxy.start(target);
  return {
    variables: { [cuttable]: proxy.through(target) },
    launch: {},
    cut: () => proxy.cut(),
    restore: () => proxy.restore(),
    close: () => proxy.close(),
  };
}

let hasNamespaces: boolean | null = null;
/** Namespaces of this process, so that each gets addresses of its own. */
let count = 0;

function canMakeNamespaces(): boolean {
  try {
    ip("netns", "add", "atelier-trial");
    ip("netns", "del", "atelier-trial");
    return true;
  } catch {
    noteSkipped("No network namespaces can be made here without root on Linux, so proxies cut the network of workers.");
    return false;
  }
}

/** A namespace with two links to this machine: one to what can be cut off, and one to everything else. */
async function openNamespace(addresses: Record<string, string>, cuttable: string): Promise<WorkerNetwork> {
  const number = ++count;
  const name = `atelier-${process.pid}-${number}`;
  ip("netns", "add", name);
  ip("-n", name, "link", "set", "lo", "up");
  const [shaky, steady] = [new Link(name, 2 * number), new Link(name, 2 * number + 1)];
  const proxies: CuttableProxy[] = [];
  const variables: Record<string, string> = {};
  for (const [variable, target] of Object.entries(addresses)) {
    // These only carry what arrives over the link to where the servers listen.
    const proxy = await CuttableProxy.start(target, (variable === cuttable ? shaky : steady).address);
    proxies.push(proxy);
    variables[variable] = proxy.through(target).replace(/\/$/, "");
  }
  return {
    variables,
    launch: { prefix: ["ip", "netns", "exec", name] },
    cut: () => shaky.cut(),
    restore: () => shaky.restore(),
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      for (const link of [shaky, steady]) link.remove();
      ip("netns", "del", name);
    },
  };
}

/** A wire from a namespace to this machine, through a switch from which it can be pulled. */
class Link {
  /** Address of this machine on the wire. */
  readonly address: string;
  private readonly bridge: string;
  private readonly near: string;

  constructor(namespace: string, number: number) {
    // At most 15 letters, and in no other process.
    const id = `${process.pid % 10_000}${number}`;
    [this.bridge, this.near] = [`atb${id}`, `atn${id}`];
    const far = `atf${id}`;
    const net = `10.${200 + (number % 50)}.${process.pid % 250}`;
    this.address = `${net}.1`;
    ip("link", "add", this.bridge, "type", "bridge");
    ip("addr", "add", `${this.address}/24`, "dev", this.bridge);
    ip("link", "add", this.near, "type", "veth", "peer", "name", far, "netns", namespace);
    ip("link", "set", this.near, "master", this.bridge, "up");
    ip("link", "set", this.bridge, "up");
    ip("-n", namespace, "addr", "add", `${net}.2/24`, "dev", far);
    ip("-n", namespace, "link", "set", far, "up");
  }

  cut(): void {
    ip("link", "set", this.near, "nomaster");
  }

  restore(): void {
    ip("link", "set", this.near, "master", this.bridge);
  }

  remove(): void {
    ip("link", "del", this.near);
    ip("link", "del", this.bridge);
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
