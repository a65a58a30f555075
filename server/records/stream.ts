/** A request of graphql-sse about a stream of events: it adds an operation or ends one. */
export interface StreamRequest {
  method: "POST" | "DELETE";
  /** Path and query. */
  url: string;
  contentType: string | null;
  body: Record<string, unknown> | null;
}

/** The response to a `StreamRequest`. */
export interface StreamReply {
  status: number;
  headers: Record<string, string>;
  body: string | null;
}
