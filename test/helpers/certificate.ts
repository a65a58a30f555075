import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { findOnPath } from "./browser.js";

const openssl = findOnPath(["openssl"]);

/** What this machine lacks to make certificates; null when it has it. */
export const noCertificates = openssl === null ? "There is no openssl on the PATH, which makes certificates for tests." : null;

/** Makes a certificate for 127.0.0.1 that nobody else has signed, as `<name>.pem` and `<name>.key` in a folder. */
export function makeCertificate(folder: string, name: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync(openssl ?? "", ["req", ...kind, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { cert, key };
}

/** The variables of a server that has a certificate, for all tests of a file. */
export function certificateOfFile(): () => { ATELIER_TLS_CERT: string; ATELIER_TLS_KEY: string } {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atelier-certificate-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => {
    const { cert, key } = makeCertificate(folder, "own");
    return { ATELIER_TLS_CERT: cert, ATELIER_TLS_KEY: key };
  };
}
