import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors.js";

/** How commands on this machine reach the running server, with all rights. */
export interface OperatorAccess {
  /** Address of the server, such as http://127.0.0.1:4000. */
  address: string;
  /** What the server listens on, such as 0.0.0.0; earlier versions did not write it. */
  host?: string;
  /** A Bearer secret that opens everything until the server ends. */
  secret: string;
}

const pathIn = (dataDir: string) => join(dataDir, "operator.json");

/** Writes the file in the data folder by which commands reach the server. Only the server's own user may read it. */
export async function writeOperatorFile(dataDir: string, access: OperatorAccess): Promise<void> {
  await removeOperatorFile(dataDir);
  await writeFile(pathIn(dataDir), JSON.stringify(access), { mode: 0o600 });
}

export async function removeOperatorFile(dataDir: string): Promise<void> {
  await rm(pathIn(dataDir), { force: true });
}

/** Null when no server has written one; one that was killed leaves its file behind. */
export async function readOperatorFile(dataDir: string): Promise<OperatorAccess | null> {
  try {
    return JSON.parse(await readFile(pathIn(dataDir), "utf8")) as OperatorAccess;
  } catch (error) {
    // A file that was being written when its server was killed is of no use either.
    if (systemCode(error) === "ENOENT" || error instanceof SyntaxError) return null;
    throw error;
  }
}
