import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type DeviceChoice, deviceChoices } from "./device/messages.js";

/** How this server was asked to run. */
export interface Config {
  /** 0 for any free port. */
  port: number;
  host: string;
  /** Folder of everything that outlives the process. */
  dataDir: string;
  /** Folder of models, or address of one, which ends in a slash; null for none. */
  modelMirror: string | URL | null;
  /** What the kept frames of one session may take, bytes. */
  sessionBytes: number;
  /** What the kept frames of all sessions may take, bytes. */
  historyBytes: number;
  /** Never fetch from the network. */
  offline: boolean;
  device: DeviceChoice;
  /** Origins of web pages, other than the studio, that may use this server. */
  origins: string[];
}

/** What is wrong with a variable, told to the one who starts the server. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

interface Variable<Value> {
  name: string;
  /** The value when the variable is not set, written as it would be set. */
  default: string;
  help: string;
  /** @throws ConfigError with what is allowed */
  parse(text: string): Value;
}

const loopback = ["127.0.0.1", "localhost", "::1"];

/** Every environment variable that the server reads. */
export const variables = {
  port: {
    name: "PORT",
    default: "4000",
    help: "Port to listen on; 0 for any free one.",
    parse(text) {
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new ConfigError("must be a port from 0 to 65535");
      return Number(text);
    },
  },
  host: {
    name: "HOST",
    default: "127.0.0.1",
    help: "Address to listen on. Only this machine may reach the server, as it has no access control.",
    parse: (text) => oneOf(loopback, text),
  },
  dataDir: {
    name: "ATELIER_DATA",
    default: "./data",
    help: "Folder for sessions, pictures, frames and fetched models.",
    parse: (text) => resolve(text),
  },
  modelMirror: {
    name: "ATELIER_MODEL_MIRROR",
    default: "",
    help: "Folder, or http(s) address of one, that holds models as <id>/card.json and the file it names.",
    parse(text) {
      if (text === "") return null;
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return mirrorAddress(text);
      const folder = resolve(text);
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
        throw new ConfigError("must be a folder, and there is none of that name");
      return folder;
    },
  },
  sessionBytes: {
    name: "ATELIER_SESSION_MB",
    default: "512",
    help: "What the kept frames of one session may take, MB; beyond it they are thinned evenly.",
    parse: megabytes,
  },
  historyBytes: {
    name: "ATELIER_HISTORY_MB",
    default: "16000",
    help: "What the kept frames of all sessions may take, MB; beyond it the largest are thinned.",
    parse: megabytes,
  },
  offline: {
    name: "ATELIER_OFFLINE",
    default: "0",
    help: "1 to never fetch models from the network; a mirror folder is still read.",
    parse: (text) => oneOf(["0", "1"], text) === "1",
  },
  device: {
    name: "ATELIER_DEVICE",
    default: "auto",
    help: `What paints: ${deviceChoices.join(", ")}.`,
    parse: (text) => oneOf(deviceChoices, text),
  },
  origins: {
    name: "ATELIER_ORIGINS",
    default: "",
    help: "Origins of other web pages that may use the server, separated by commas, such as https://studio.example.",
    parse: (text) => text.split(",").flatMap((part) => (part.trim() === "" ? [] : [origin(part.trim())])),
  },
} as const satisfies { [Key in keyof Config]: Variable<Config[Key]> };

/** Reads the environment. @throws ConfigError for bad values and for unknown names that begin with ATELIER_. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const known = new Set<string>(Object.values(variables).map(({ name }) => name));
  const unknown = Object.keys(env).filter((name) => name.startsWith("ATELIER_") && !known.has(name));
  if (unknown.length > 0) {
    throw new ConfigError(`Unknown environment variable ${unknown.join(", ")}. There are: ${[...known].join(", ")}.`);
  }
  const values = Object.entries<Variable<unknown>>(variables).map(([key, variable]) => [key, read(variable, env)]);
  return Object.fromEntries(values) as Config;
}

function read<Value>(variable: Variable<Value>, env: NodeJS.ProcessEnv): Value {
  const text = env[variable.name] || variable.default;
  try {
    return variable.parse(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`${variable.name}=${text} ${error.message}.`);
  }
}

/** A whole number of megabytes (10^6 bytes), in bytes. */
function megabytes(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new ConfigError("must be a whole number of megabytes, at least 1");
  return Number(text) * 1e6;
}

function oneOf<Choice extends string>(choices: readonly Choice[], text: string): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new ConfigError(`must be one of ${choices.join(", ")}`);
  return choice;
}

/** Of a folder, so that names in it can be resolved. */
function mirrorAddress(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : null;
  const { protocol, username, password, search, hash } = address ?? {};
  if (!address || !/^https?:$/.test(protocol ?? "") || username || password || search || hash) {
    throw new ConfigError("must be a folder or an address such as https://models.example/atelier, without a user, ? or #");
  }
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  return address;
}

function origin(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.origin !== text.replace(/\/$/, "")) {
    throw new ConfigError("must be origins such as https://studio.example, separated by commas");
  }
  return parsed.origin;
}
