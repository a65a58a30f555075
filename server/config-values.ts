import { statSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { messageOf } from "./errors.js";
import { isLoopback } from "./http/own-names.js";
import { type ObjectsAddress, parseObjectsAddress } from "./storage/remote/objects-address.js";

/** An environment variable with a bad value. The message is for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** A bad value that holds secrets. */
export class SecretConfigError extends ConfigError {
  constructor(schemes: readonly string[]) {
    super(`must be an address that begins with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`);
  }
}

/** Whether a value looks like an address with a user, password, query or fragment, also one that is no address: the log must not repeat it. */
export function mayHoldSecret(text: string): boolean {
  return /[@?#]/.test(text);
}

/** A whole number of megabytes (10^6 bytes), in bytes. */
export function megabytes(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ConfigError("must be a whole number of megabytes, at least 1");
  return Number(text) * 1e6;
}

export function wholeNumber(text: string, { min, max }: { min: number; max: number }): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) throw new ConfigError(`must be a whole number from ${min} to ${max}`);
  return number;
}

export function oneOf<const Choice extends string>(choices: readonly Choice[], text: string): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new ConfigError(`must be one of ${choices.join(", ")}`);
  return choice;
}

/** Address of a mirror folder. It ends in a slash, so that names resolve inside the folder. */
export function mirrorAddress(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : null;
  const { protocol, username, password, search, hash } = address ?? {};
  if (!address || !/^https?:$/.test(protocol ?? "") || username || password || search || hash) {
    throw new ConfigError("must be a folder or an address such as https://models.example/atelier, without a user, ? or #");
  }
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  return address;
}

/** Address of a database or of Redis, whose secrets no message repeats; null for an empty text. */
export function engineAddress(text: string, schemes: readonly string[]): string | null {
  if (text === "") return null;
  const address = URL.canParse(text) ? new URL(text) : null;
  if (!address || !schemes.includes(address.protocol) || address.hostname === "") throw new SecretConfigError(schemes);
  return text;
}

/** Place of the shared store. */
export function storeAddress(text: string): ObjectsAddress {
  try {
    return parseObjectsAddress(text);
  } catch (error) {
    throw new ConfigError(`is no address of a store: ${messageOf(error)}`);
  }
}

/** Address of an identity provider. What it says is believed, so nobody on the way may change it. */
export function issuer(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : null;
  const { protocol, username, password, search, hash } = address ?? {};
  if (!address || !/^https?:$/.test(protocol ?? "") || username || password || search || hash) {
    throw new ConfigError("must be an address such as https://id.example/realms/studio, without a user, ? or #");
  }
  if (protocol === "http:" && !isLoopback(address.origin)) throw new ConfigError("must begin with https: http is for this machine alone");
  return address;
}

/** The path of a file; null for an empty text. */
export function existingFile(text: string): string | null {
  if (text === "") return null;
  const file = resolve(text);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new ConfigError("must be a file that exists");
  return file;
}

/** An IP address, or a network such as 10.0.0.0/8. */
export function addressOrNetwork(text: string): string {
  const [address = "", bits, ...rest] = text.split("/");
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (most < 0 || !isNetwork || rest.length > 0)
    throw new ConfigError("must be IP addresses or networks such as 10.0.0.0/8, separated by commas");
  return text;
}

/** The origin in a text, which may end in a slash. */
export function origin(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.origin !== text.replace(/\/$/, "")) {
    throw new ConfigError("must be origins such as https://studio.example, separated by commas");
  }
  return parsed.origin;
}
