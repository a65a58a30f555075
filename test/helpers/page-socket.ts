import { type Client, createClient } from "graphql-ws";
import WebSocket from "ws";

export interface PageSocketOptions {
  token?: string;
  cookie?: string;
  origin?: string;
}

/** Opens a socket as a page of an origin does, with its browser's cookie; resolves `closed` with the code of its end. */
export function openPageSocket(address: string, { token, cookie, origin }: PageSocketOptions): { client: Client; closed: Promise<number> } {
  const headers = { ...(cookie ? { Cookie: cookie } : {}), ...(origin ? { Origin: origin } : {}) };
  let close = (_code: number): void => undefined;
  const closed = new Promise<number>((resolve) => {
    close = resolve;
  });
  class Socket extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${address.replace("http", "ws")}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    lazy: false,
    ...(token ? { connectionParams: { token } } : {}),
    onNonLazyError: () => undefined,
    on: { closed: (event) => close((event as { code: number }).code) },
  });
  return { client, closed };
}
