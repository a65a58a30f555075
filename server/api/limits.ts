import type { Range } from "../errors.js";
import { limitTable } from "../limits/table.js";
import { anyStep } from "../records/pictures.js";
import { lifetime } from "../records/settings.js";

/** Limits of what one client may ask of the API at a time, the same over HTTP and WebSocket. Those of the table are described there. */
export const apiLimits = {
  maxRequestBytes: limitTable.messageBytes.value,
  /**
   * Size of a WebSocket message up to which only its operation is refused, bytes; a larger one closes its socket. The
   * largest upload fits, in base64.
   */
  maxRefusableBytes: 40 * 1024 * 1024,
  /** Messages of all sockets that have arrived in part, bytes; beyond it the large ones are cut off. */
  maxReceivingBytes: 128 * 1024 * 1024,
  /** They are counted before anything else, so that a long document costs nothing. */
  maxTokens: limitTable.tokens.value,
  maxDepth: limitTable.depth.value,
  /** The introspection query of common clients has 15 levels. */
  maxIntrospectionDepth: limitTable.introspectionDepth.value,
  maxAliases: limitTable.aliases.value,
  /** Counted each time a fragment spreads them. Unused fragments count too. */
  maxFields: limitTable.fields.value,
  /**
   * Fields times the length of the lists that hold them. `Frame.data` and lookups in the database count more than once.
   */
  maxCost: limitTable.cost.value,
  maxDataBytes: limitTable.dataBytes.value,
  maxReadMs: limitTable.readMs.value,
  maxPageSize: 100,
  maxLossPoints: 5000,
  /** Length of `SessionFilter.titleContains`, characters. */
  maxFilterLength: 200,
  maxSubscriptionsPerSocket: limitTable.subscriptionsPerSocket.value,
  /** How long a socket may stay open without `connection_init`, ms. */
  connectionInitTimeoutMs: 5000,
  keepAliveMs: 12_000,
  /** A socket with more unsent bytes than this gets no further result until its client has read some. */
  maxBufferedBytes: 256 * 1024,
  /** Nothing is read from a socket with more unsent bytes than this: each message could cause a reply. */
  maxUnreadBytes: 1024 * 1024,
} as const;

/** What the numbers among the arguments of fields may be, by name, for those that GraphQL cannot read. */
export const argumentRanges: ReadonlyMap<string, Range> = new Map<string, Range>([
  ["first", { min: 1, max: apiLimits.maxPageSize, integer: true, unit: "entries" }],
  ["points", { min: 2, max: apiLimits.maxLossPoints, integer: true, unit: "points" }],
  ["skip", anyStep],
  ["position", { ...anyStep, min: 1 }],
  ["seconds", lifetime],
  ["step", anyStep],
  ["fromStep", anyStep],
  ["toStep", anyStep],
  ["afterStep", { ...anyStep, min: -1 }],
]);
