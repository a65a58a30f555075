/** What a limit counts for: each on its own, or all of the server together. */
export const limitScopes = {
  OWNER: "Everyone who has a role, each on their own: a visitor, or a link that a program uses. Not admins.",
  ADDRESS: "Everyone at an address who has no role.",
  LINK: "All who came by the same link, together. Not admins.",
  SOCKET: "A WebSocket.",
  OPERATION: "A request, or a message that holds an operation.",
  PICTURE: "An uploaded picture.",
  SESSION: "A session.",
  SERVER: "All who use the server together.",
} as const;

export type LimitScope = keyof typeof limitScopes;

export interface Limit {
  value: number;
  unit: string;
  per: LimitScope;
  /** What is limited, and what happens beyond it where that is no refusal. Markdown, one sentence or two. */
  description: string;
}

function limit(per: LimitScope, value: number, unit: string, description: string): Limit {
  return { value, unit, per, description };
}

/** The part of the places of the whole server that is for admins alone: they can end what fills the others. */
const ADMINS_SHARE = 0.1;
const KEPT_FOR_ADMINS = "a tenth of the places is for admins alone";

/** How many of the server's places people with a role may have who are no admins, and strangers. */
export function placesForOthers(places: number): number {
  return Math.floor(places * (1 - ADMINS_SHARE));
}

/** What one owner may keep, bytes. */
const OWN_BYTES = 4000e6;

/** How many owners fill what those who came by one link may keep. */
export const FULL_OWNERS_OF_LINK = 10;

/** Sessions that one owner may keep, and links that one may have open: what fills more is a program that runs wild. */
const KEPT_SESSIONS = 2000;
const OPEN_LINKS = 500;

/** Sessions that run at a time, and live translations among them; one owner's paintings take half of these places at most. */
const RUNNING_SESSIONS = 8;
const RUNNING_LIVE_SESSIONS = 6;

/**
 * The limits of the server that clients meet, with their defaults: a class of thirty shares one machine and one address.
 * `ServerInfo.limits` and docs/operate.md show this table. Beyond a limit, what was asked for is refused with LIMIT,
 * unless its description says what happens instead.
 */
export const limitTable = {
  uploadsPerMinute: limit("OWNER", 60, "uploads/min", "Pictures that are uploaded."),
  uploadBytesPerMinute: limit("OWNER", 500e6, "bytes/min", "Bytes of the pictures that are uploaded, and of the traces that are imported."),
  uploadsAtOnce: limit("OWNER", 128, "uploads", "Uploads on their way at a time; for admins too."),
  openSessions: limit("OWNER", 20, "sessions", "Sessions that run or wait at a time."),
  paintedSessions: limit(
    "OWNER",
    RUNNING_SESSIONS / 2,
    "sessions",
    "Paintings and translations of pictures that run at a time; the others wait, with their `queuePosition`.",
  ),
  liveSessions: limit(
    "OWNER",
    2,
    "sessions",
    "Live translations that run at a time; the others wait, with their `queuePosition`, and count as `openSessions`.",
  ),
  framesPerSecond: limit("OWNER", 90, "frames/s", "Frames sent to live translations."),
  keptSessions: limit(
    "OWNER",
    KEPT_SESSIONS,
    "sessions",
    "Sessions of any status that are kept; one more can be started, branched or imported once others were deleted.",
  ),
  openLinks: limit(
    "OWNER",
    OPEN_LINKS,
    "links",
    "Links to sessions and outputs, to the server, and tokens, that are neither revoked nor expired; one more can be made once others are.",
  ),
  openExports: limit("OWNER", 4, "exports", "Exports that wait or run at a time."),
  keptFilms: limit("OWNER", 20, "films", "Finished films that are kept; a new one replaces the oldest."),
  ownSockets: limit(
    "OWNER",
    32,
    "sockets",
    "WebSockets and streams (events, MJPEG) that are open at a time; for each link to an output too.",
  ),
  ownOperations: limit("OWNER", 100, "operations", "Queries and mutations under way at a time, over all sockets, streams and requests."),
  waitingPictures: limit(
    "OWNER",
    60,
    "pictures",
    "Pictures that wait to be made: exported pictures, thumbnails, and copies without EXIF, each by themselves.",
  ),
  ownBytes: limit(
    "OWNER",
    OWN_BYTES,
    "bytes",
    "Pictures, kept frames and films (`ATELIER_OWNER_MB`). A session that runs or waits goes on; a paused one cannot resume.",
  ),
  linkSockets: limit(
    "LINK",
    400,
    "sockets",
    "WebSockets and streams that are open at a time, those of outputs included that people who came by the link shared.",
  ),
  linkSessions: limit("LINK", 200, "sessions", "Sessions that run or wait at a time."),
  linkRunningSessions: limit(
    "LINK",
    RUNNING_SESSIONS - 1,
    "sessions",
    "Sessions of all kinds that run at a time, so that one of `runningSessions` is left for others; more wait, with their `queuePosition`.",
  ),
  linkRunningLiveSessions: limit(
    "LINK",
    RUNNING_LIVE_SESSIONS - 1,
    "sessions",
    "Live translations among them, so that one of `runningLiveSessions` is left for others; more wait in the same way.",
  ),
  linkKeptSessions: limit("LINK", FULL_OWNERS_OF_LINK * KEPT_SESSIONS, "sessions", "The same as `keptSessions`."),
  linkOpenLinks: limit("LINK", FULL_OWNERS_OF_LINK * OPEN_LINKS, "links", "The same as `openLinks`."),
  linkUploadsPerMinute: limit("LINK", 600, "uploads/min", "Pictures that are uploaded."),
  linkBytes: limit(
    "LINK",
    FULL_OWNERS_OF_LINK * OWN_BYTES,
    "bytes",
    `The same as \`ownBytes\`; always ${FULL_OWNERS_OF_LINK} times as much.`,
  ),
  strangerSockets: limit(
    "ADDRESS",
    50,
    "sockets",
    "WebSockets and streams that are open at a time, and not known to be someone's with a role; at all addresses together, half of `sockets`.",
  ),
  strangerWaitingPictures: limit(
    "ADDRESS",
    60,
    "pictures",
    "The same as `waitingPictures`; at all addresses together, half of all that may wait.",
  ),
  strangerUpgradesPerMinute: limit("ADDRESS", 300, "sockets/min", "WebSockets that are asked for."),
  strangerOperationsPerMinute: limit("ADDRESS", 1200, "operations/min", "GraphQL operations."),
  strangerRequestsPerMinute: limit(
    "ADDRESS",
    3000,
    "requests/min",
    "Requests for pictures, films and streams, to open links and to sign in; and, counted apart, lookups of secrets that were not right lately.",
  ),
  wrongSecretsPerMinute: limit(
    "ADDRESS",
    30,
    "attempts/min",
    "Attempts to open a link, an output or the API with a secret that opens nothing.",
  ),
  newVisitorsPerAddress: limit("ADDRESS", 80, "visitors/min", "Browsers without a cookie of this server that open links."),
  newVisitorsPerLink: limit("LINK", 120, "visitors/min", "Browsers without a cookie of this server that open the link."),
  subscriptionsPerSocket: limit("SOCKET", 100, "operations", "Operations that run at a time."),
  messageBytes: limit("OPERATION", 1024 * 1024, "bytes", "Size of a body or message."),
  tokens: limit("OPERATION", 4000, "tokens", "Lexical tokens of a document."),
  depth: limit("OPERATION", 12, "levels", "Nesting of fields."),
  introspectionDepth: limit("OPERATION", 20, "levels", "Nesting of fields below `__schema` and `__type`."),
  aliases: limit("OPERATION", 100, "aliases", "Fields with an alias."),
  fields: limit("OPERATION", 500, "fields", "Fields of a document."),
  cost: limit("OPERATION", 200_000, "values", "Values that may be asked for, as `extensions.cost` reports."),
  dataBytes: limit("OPERATION", 32e6, "bytes", "Pictures in one answer or event, as `Frame.data`."),
  readMs: limit("OPERATION", 10_000, "ms", "Time that an operation may read from storage."),
  uploadBytes: limit("PICTURE", 80e6, "bytes", "Size of the file."),
  pixels: limit("PICTURE", 60e6, "pixels", "Width times height, unless it is a JPEG."),
  jpegPixels: limit("PICTURE", 210e6, "pixels", "Width times height of a JPEG."),
  changes: limit("SESSION", 5000, "changes", "Changes recorded for a session."),
  liveFrameMs: limit(
    "SESSION",
    20_000,
    "ms",
    "Time that a frame of a live translation may wait for a worker; then `sendFrame` is refused with UNAVAILABLE.",
  ),
  liveOpeningMs: limit(
    "SESSION",
    240_000,
    "ms",
    "Time that such a frame may wait while a device opens the model; when that is done, `liveFrameMs` begins anew.",
  ),
  liveIdleMs: limit("SESSION", 30_000, "ms", "Time without a frame from its client, after which a live translation ends."),
  runningSessions: limit(
    "SERVER",
    RUNNING_SESSIONS,
    "sessions",
    "Sessions of all kinds that run at a time; the others wait, with their `queuePosition`.",
  ),
  runningLiveSessions: limit("SERVER", RUNNING_LIVE_SESSIONS, "sessions", "Live translations among them; the others wait in the same way."),
  queuedSessions: limit("SERVER", 1000, "sessions", `Sessions that wait at a time (\`ATELIER_QUEUED_SESSIONS\`); ${KEPT_FOR_ADMINS}.`),
  exports: limit("SERVER", 20, "exports", `Exports that wait or run at a time; ${KEPT_FOR_ADMINS}.`),
  sockets: limit("SERVER", 1000, "sockets", `WebSockets and streams that are open at a time; ${KEPT_FOR_ADMINS}.`),
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limitTable;

/** Values of limits by name. */
export type LimitValues = Readonly<Record<LimitName, number>>;

/** The values of the table, with some of them replaced. */
export function limitValues(replaced: Partial<LimitValues> = {}): LimitValues {
  const values = Object.entries(limitTable).map(([name, { value }]) => [name, value]);
  return { ...(Object.fromEntries(values) as Record<LimitName, number>), ...replaced };
}
