import { type Client, createClient } from "graphql-ws";
import WebSocket from "ws";

export interface GraphqlError {
  message: string;
  path?: (string | number)[];
  extensions: {
    code: string;
    field?: string;
    limit?: string | number;
    limitName?: string;
    retryAfter?: number;
    min?: number;
    max?: number;
    unit?: string;
    allowed?: string[];
  };
}

export interface Answer<Data> {
  data?: Data | null;
  errors?: GraphqlError[];
}

// biome-ignore lint/suspicious/noExplicitAny: the query that a test sends defines the shape of the response.
type Json = any;

/** A client of one server, over HTTP and WebSocket. */
export class GraphqlClient {
  private socket: Client | null = null;

  /** `address` such as http://127.0.0.1:4000; `token` is a Bearer secret, `cookie` the Cookie header of a page of the server. */
  constructor(
    readonly address: string,
    readonly token: string | null = null,
    private readonly cookie: string | null = null,
  ) {}

  /** The headers that say who asks. */
  get credentials(): Record<string, string> {
    if (this.cookie !== null) return { Cookie: this.cookie, Origin: this.address };
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }

  /** Sends one operation over HTTP; returns the response, errors included. */
  async send(query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Answer<Json>> {
    return (await this.exchange(query, variables, headers)).answer;
  }

  /** The same with the status of the response. */
  async exchange(
    query: string,
    variables: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<{ status: number; answer: Answer<Json> }> {
    const response = await fetch(`${this.address}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...this.credentials, ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, answer: (await response.json()) as Answer<Json> };
  }

  /** The data of one operation over HTTP. @throws Error when the response has errors. */
  async query(query: string, variables: Record<string, unknown> = {}): Promise<Json> {
    const { data, errors } = await this.send(query, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** The only error of one operation over HTTP: code, field and limit. */
  async refusal(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlError["extensions"]> {
    const { errors } = await this.send(query, variables);
    const [error] = errors ?? [];
    if (!error) throw new Error("The operation was not refused.");
    return error.extensions;
  }

  /** Responses to an operation over the WebSocket. */
  subscribe(query: string, variables: Record<string, unknown> = {}): AsyncIterableIterator<Answer<Json>> {
    this.socket ??= createClient({
      url: `${this.address.replace("http", "ws")}/graphql`,
      webSocketImpl: this.cookie === null ? WebSocket : socketWith(this.credentials),
      retryAttempts: 0,
      ...(this.token === null ? {} : { connectionParams: { token: this.token } }),
    });
    return this.socket.iterate({ query, variables }) as AsyncIterableIterator<Answer<Json>>;
  }

  /** Data of all events of a subscription that ends. */
  async collect(query: string, variables: Record<string, unknown> = {}): Promise<Json[]> {
    const all: Json[] = [];
    for await (const { data, errors } of this.subscribe(query, variables)) {
      if (errors) throw new Error(JSON.stringify(errors));
      all.push(data);
    }
    return all;
  }

  /** Uploads a picture and returns its id. */
  async upload(picture: Uint8Array, mimeType = "image/png"): Promise<string> {
    const response = await fetch(`${this.address}/images`, {
      method: "POST",
      headers: { "Content-Type": mimeType, ...this.credentials },
      body: new Blob([new Uint8Array(picture)]),
    });
    const body = (await response.json()) as { id?: string };
    if (body.id === undefined) throw new Error(`The upload was refused: ${JSON.stringify(body)}`);
    return body.id;
  }

  async close(): Promise<void> {
    await this.socket?.dispose();
  }
}

/** A WebSocket whose request for an upgrade has headers. */
function socketWith(headers: Record<string, string>) {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers });
    }
  };
}
