/** What one client may ask of the API at a time; the same on HTTP and on the WebSocket. */
export const apiLimits = {
  /** Of a request's body and of a WebSocket message, bytes. */
  maxRequestBytes: 1024 * 1024,
  /** Lexical tokens of a document: read before anything else, so that a long one costs nothing. */
  maxTokens: 4000,
  /** Nesting of fields. */
  maxDepth: 12,
  /** Nesting of fields below `__schema` and `__type`; the introspection query of common clients has 15. */
  maxIntrospectionDepth: 20,
  maxAliases: 100,
  /** Fields of a document, each as often as a fragment brings it; fragments that nothing spreads count too. */
  maxFields: 500,
  /** Fields times the length of the lists they stand in; `Frame.data`, and what the database is asked for, count as many. */
  maxCost: 200_000,
  maxPageSize: 100,
  maxLossPoints: 5000,
  maxFilterLength: 200,
  maxSubscriptionsPerSocket: 100,
  maxSockets: 1000,
  /** How long a socket may stay without `connection_init`, ms. */
  connectionInitTimeoutMs: 5000,
  keepAliveMs: 12_000,
  /** Above this many unsent bytes a socket gets no further frame until it has read. */
  maxBufferedBytes: 256 * 1024,
} as const;
