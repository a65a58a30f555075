import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { RequestListener, Server, ServerOptions } from "node:http";
import { createServer } from "node:https";

/** How often the files are looked at, ms: those who renew certificates do so days before they end. */
const LOOK_EVERY_MS = 2000;

/** Paths of the certificate, with those of its issuers, and of its key, as PEM. */
export interface TlsFiles {
  cert: string;
  key: string;
}

export interface TlsServer {
  server: Server;
  /** Ends the watch on the files. */
  close(): void;
}

/**
 * A server that speaks https alone. When its files change, new connections get the new certificate; files that do not fit
 * together are reported, and the certificate before stays. @throws Error when the files cannot be used
 */
export function createTlsServer(
  files: TlsFiles,
  options: ServerOptions,
  listener: RequestListener,
  report: (error: unknown) => void,
): TlsServer {
  const read = () => ({ cert: readFileSync(files.cert), key: readFileSync(files.key) });
  const server = createServer({ ...options, ...read() }, listener);
  const reload = () => {
    try {
      server.setSecureContext(read());
    } catch (cause) {
      report(
        new Error("The changed files of ATELIER_TLS_CERT and ATELIER_TLS_KEY cannot be used; the certificate before stays.", { cause }),
      );
    }
  };
  const paths = [files.cert, files.key];
  // Polling also sees files that are links, whose targets change, as certbot's are.
  for (const path of paths) watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, reload);
  return {
    server: server as unknown as Server,
    close: () => {
      for (const path of paths) unwatchFile(path, reload);
    },
  };
}
