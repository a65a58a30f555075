import { isNotNull, type SQL, sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
} from "drizzle-orm/pg-core";
import { type Approval, type LinkRecord, LOCAL_OWNER, type Role, type Visibility } from "../../records/access.js";
import type { AuditEntry } from "../../records/audit.js";
import type { Change } from "../../records/changes.js";
import type { ExportFailure, ExportState, FilmSettings } from "../../records/film.js";
import type { Losses } from "../../records/pictures.js";
import type { DeviceUse, SessionFailure, SessionRecord, SessionStatus, SessionWish, StyleTransferRecord } from "../../records/session.js";
import type { WorkerAnnouncement } from "../../records/worker.js";

export type ImageRole = "CONTENT" | "STYLE" | "SOURCE";

/** An instant with the precision of a JavaScript Date, so that a row comes back as it went in. */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });

/** Uploaded pictures; their bytes are in the blob store. */
export const images = pgTable(
  "images",
  {
    id: text("id").primaryKey(),
    digest: text("digest").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    mimeType: text("mime_type").notNull(),
    byteLength: integer("bytes").notNull(),
    createdAt: instant("created_at").notNull(),
    /** When its owner last uploaded the same bytes again; null when they did not. Lists keep their order by `createdAt`. */
    uploadedAgainAt: instant("uploaded_again_at"),
    expiresAt: instant("expires_at"),
    ownerId: text("owner_id").notNull().default(LOCAL_OWNER),
    visibility: text("visibility").$type<Visibility>().notNull().default("PRIVATE"),
  },
  (table) => [
    index("images_digest").on(table.digest),
    index("images_newest").on(table.createdAt, table.id),
    index("images_owner_newest").on(table.ownerId, table.createdAt, table.id),
    index("images_expiring").on(table.expiresAt).where(isNotNull(table.expiresAt)),
  ],
);

/**
 * Sessions of every kind; the columns of one kind are null for the others. `ordinal` puts sessions that were created in
 * the same millisecond in order. `frameCount`, `frameByteLength` and `changeCount` are sums over the session's frames and
 * changes, which are too many to be counted each time. `lowerTitle` and `model` repeat values for the index
 * `sessions_listed`, which cannot be read in place of the rows where a filter computes something.
 */
export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    ordinal: bigint("ordinal", { mode: "number" }).notNull().generatedAlwaysAsIdentity(),
    kind: text("kind").$type<SessionRecord["kind"]>().notNull(),
    title: text("title"),
    lowerTitle: text("lower_title").generatedAlwaysAs((): SQL => sql`lower(${sessions.title})`),
    status: text("status").$type<SessionStatus>().notNull(),
    createdAt: instant("created_at").notNull(),
    queuedAt: instant("queued_at").notNull(),
    startedAt: instant("started_at"),
    finishedAt: instant("finished_at"),
    device: text("device"),
    devices: json("devices").$type<DeviceUse[]>().notNull().default([]),
    error: jsonb("error").$type<SessionFailure>(),
    starred: boolean("starred").notNull().default(false),
    note: text("note"),
    expiresAt: instant("expires_at"),
    ownerId: text("owner_id").notNull().default(LOCAL_OWNER),
    visibility: text("visibility").$type<Visibility>().notNull().default("PRIVATE"),
    approval: text("approval").$type<Approval>(),
    /** How a client wants the session to end while it is RUNNING. */
    wish: text("wish").$type<SessionWish>(),
    traceparent: text("traceparent"),
    step: integer("step").notNull(),
    revision: integer("revision").notNull().default(0),
    frameCount: bigint("frame_count", { mode: "number" }).notNull().default(0),
    frameByteLength: bigint("frame_bytes", { mode: "number" }).notNull().default(0),
    changeCount: integer("change_count").notNull().default(0),
    settings: json("settings").$type<SessionRecord["settings"]>(),
    model: text("model").generatedAlwaysAs((): SQL => sql`${sessions.settings} ->> 'model'`),
    contentId: text("content_id").references(() => images.id),
    styles: json("styles").$type<StyleTransferRecord["styles"]>(),
    initial: json("initial").$type<StyleTransferRecord["initial"]>(),
    parentId: text("parent_id").references((): AnyPgColumn => sessions.id, { onDelete: "set null" }),
    branchedAtStep: integer("branched_at_step"),
    sourceId: text("source_id").references(() => images.id),
    framesTranslated: integer("frames_translated"),
    framesDropped: integer("frames_dropped"),
    /** The worker that holds the session until the end of its lease, by the clock of the database. Null where one server has it all. */
    workerId: text("worker_id"),
    leaseUntil: instant("lease_until"),
    /** Grows with every claim; a worker writes only while the number is that of its own claim. */
    fence: bigint("fence", { mode: "number" }).notNull().default(0),
    claimedAt: instant("claimed_at"),
    /** Claims of the running session since its last picture: each of its workers before has died. */
    takeovers: integer("takeovers").notNull().default(0),
    /** How many sessions of its kind may run for its owner while this one waits; null while it was not entered in the queue. */
    ownerLimit: integer("owner_limit"),
  },
  (table) => [
    index("sessions_newest").on(table.createdAt, table.ordinal),
    index("sessions_status_newest").on(table.status, table.createdAt, table.ordinal),
    index("sessions_starred").on(table.createdAt, table.ordinal).where(sql`${table.starred}`),
    index("sessions_expiring").on(table.expiresAt).where(isNotNull(table.expiresAt)),
    index("sessions_owner_newest").on(table.ownerId, table.createdAt, table.ordinal),
    index("sessions_public").on(table.createdAt, table.ordinal).where(sql`${table.visibility} = 'PUBLIC'`),
    index("sessions_pending").on(table.createdAt, table.ordinal).where(sql`${table.approval} = 'PENDING'`),
    index("sessions_parent").on(table.parentId),
    index("sessions_served").on(table.ownerId, table.claimedAt),
    index("sessions_unfinished").on(table.queuedAt, table.ordinal).where(sql`${table.status} in ('QUEUED', 'RUNNING')`),
    // Read only by the version that had no column `model`.
    index("sessions_model").on(sql`(${table.settings} ->> 'model')`, table.createdAt, table.ordinal),
    // Has every column that the gallery's filters read: lists and counts then read this index, and not the wide rows.
    index("sessions_listed").on(
      ...[table.createdAt, table.ordinal, table.id, table.kind, table.status, table.starred, table.expiresAt],
      ...[table.ownerId, table.visibility, table.approval, table.sourceId, table.model, table.lowerTitle],
    ),
    index("sessions_output").on(sql`(${table.settings} ->> 'output')`, table.createdAt, table.ordinal),
  ],
);

/** The images that sessions used as content or source, or as a style at any step. */
export const sessionImages = pgTable(
  "session_images",
  {
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    imageId: text("image_id")
      .notNull()
      .references(() => images.id),
    role: text("role").$type<ImageRole>().notNull(),
  },
  (table) => [
    primaryKey({ name: "session_images_pk", columns: [table.sessionId, table.imageId, table.role] }),
    index("session_images_image").on(table.imageId, table.role),
  ],
);

/** Accepted changes of style transfers; `step` is null until the device has applied the change. */
export const changes = pgTable(
  "changes",
  {
    ordinal: bigint("ordinal", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    sessionId: text("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    step: integer("step"),
    settings: json("settings").$type<Change["settings"]>().notNull(),
    styles: json("styles").$type<Change["styles"]>(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("changes_session").on(table.sessionId, table.ordinal)],
);

/** Positions of deleted sessions in the list, so that the page after one that ended with such a session can be read. */
export const deletedSessions = pgTable("deleted_sessions", {
  id: text("id").primaryKey(),
  ordinal: bigint("ordinal", { mode: "number" }).notNull(),
  createdAt: instant("created_at").notNull(),
});

/** Kept frames; their bytes are in the blob store. */
export const frames = pgTable(
  "frames",
  {
    sessionId: text("session_id").notNull(),
    step: integer("step").notNull(),
    digest: text("digest").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    mimeType: text("mime_type").notNull(),
    byteLength: integer("bytes").notNull(),
    losses: json("losses").$type<Losses>(),
    computeMs: doublePrecision("compute_ms").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "frames_pk", columns: [table.sessionId, table.step] }),
    foreignKey({ name: "frames_session", columns: [table.sessionId], foreignColumns: [sessions.id] }).onDelete("cascade"),
    index("frames_digest").on(table.digest),
  ],
);

/**
 * Objects that were put or are to be deleted, with the time of the last such call: pictures by their digest, checkpoints
 * by the key of their object. Some time later, those that no row refers to are deleted, and all are forgotten here. Used
 * where several processes share a store.
 */
export const blobCandidates = pgTable(
  "blob_candidates",
  {
    digest: text("digest").primaryKey(),
    since: instant("since").notNull(),
    /** Whether the row that will refer to it has yet to come. */
    awaitsRow: boolean("awaits_row").notNull().default(false),
    /** When the object was deleted although a row was to come. */
    removedAt: instant("removed_at"),
  },
  (table) => [index("blob_candidates_since").on(table.since)],
);

/** Checkpoints whose bytes are in an object store. Sessions may share an object. */
export const checkpoints = pgTable(
  "checkpoints",
  {
    sessionId: text("session_id").notNull(),
    step: integer("step").notNull(),
    objectKey: text("object_key").notNull(),
    byteLength: integer("bytes").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ name: "checkpoints_pk", columns: [table.sessionId, table.step] }),
    index("checkpoints_object").on(table.objectKey),
    index("checkpoints_newest").on(table.createdAt),
  ],
);

/** Who did what, where several servers share a database. */
export const auditEntries = pgTable("audit_entries", {
  ordinal: bigint("ordinal", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  at: instant("at").notNull(),
  action: text("action").notNull(),
  code: text("code").$type<AuditEntry["code"]>(),
  name: text("name"),
  role: text("role").$type<Role>(),
  ownerId: text("owner_id"),
  address: text("address"),
  about: json("about").$type<AuditEntry["about"]>().notNull(),
});
/**
 * Films, finished or in the making. They have no reference to their sessions, after which their files must be deleted too.
 */
export const films = pgTable(
  "films",
  {
    id: text("id").primaryKey(),
    ownerId: text("owner_id").notNull(),
    sessionId: text("session_id").notNull(),
    besideId: text("beside_id"),
    settings: json("settings").$type<FilmSettings>().notNull(),
    state: text("state").$type<ExportState>().notNull(),
    progress: doublePrecision("progress").notNull(),
    createdAt: instant("created_at").notNull(),
    error: jsonb("error").$type<ExportFailure>(),
    bytes: bigint("bytes", { mode: "number" }),
    /** The server that makes the film, which counts as alive until the end of its lease, by the clock of the database. */
    makerId: text("maker_id").notNull(),
    leaseUntil: instant("lease_until").notNull(),
  },
  (table) => [
    index("films_session").on(table.sessionId),
    index("films_beside").on(table.besideId),
    index("films_owner").on(table.ownerId),
    index("films_oldest").on(table.createdAt),
    index("films_open").on(table.leaseUntil).where(sql`${table.state} in ('QUEUED', 'RUNNING')`),
  ],
);

/** One row, where several processes share a database: the id that it shares with its store. */
export const installation = pgTable("installation", { id: text("id").primaryKey() });

/** Workers that announced themselves, with what they can run. */
export const workers = pgTable("workers", {
  id: text("id").primaryKey(),
  announcement: json("announcement").$type<WorkerAnnouncement>().notNull(),
  seenAt: instant("seen_at").notNull(),
});

/** Models that were dropped in on one machine. Removed ones stay, so that every machine learns of it. */
export const sharedModels = pgTable(
  "shared_models",
  {
    id: text("id").primaryKey(),
    fileSha256: text("file_sha256").notNull(),
    fileBytes: bigint("file_bytes", { mode: "number" }).notNull(),
    cardSha256: text("card_sha256").notNull(),
    cardBytes: bigint("card_bytes", { mode: "number" }).notNull(),
    origin: text("origin").notNull(),
    machine: text("machine").notNull(),
    addedAt: instant("added_at").notNull(),
    removedAt: instant("removed_at"),
  },
  (table) => [index("shared_models_file").on(table.fileSha256), index("shared_models_card").on(table.cardSha256)],
);

/**
 * Trials of models, one for each kind of device. `accepted` is null until a trial has ended; `trierId` holds it until the end
 * of its lease, by the clock of the database.
 */
export const modelTrials = pgTable(
  "model_trials",
  {
    sha256: text("sha256").notNull(),
    cardSha256: text("card_sha256").notNull(),
    device: text("device").notNull(),
    engine: text("engine").notNull(),
    trierId: text("trier_id"),
    leaseUntil: instant("lease_until"),
    /** How often it was begun, without those that were released. */
    attempts: integer("attempts").notNull(),
    accepted: boolean("accepted"),
    parameters: bigint("parameters", { mode: "number" }),
    reason: text("reason"),
    triedAt: instant("tried_at"),
  },
  (table) => [primaryKey({ name: "model_trials_pk", columns: [table.sha256, table.cardSha256, table.device, table.engine] })],
);

/** Links that open the server (ACCESS, or for programs TOKEN, with a role), one session (SHARE) or one lasting output (OUTPUT). */
export const links = pgTable(
  "links",
  {
    id: text("id").primaryKey(),
    /** Hex SHA-256 of the secret, which is nowhere else. */
    secretHash: text("secret_hash").notNull().unique("links_secret"),
    kind: text("kind").$type<LinkRecord["kind"]>().notNull(),
    name: text("name").notNull(),
    role: text("role").$type<Role>(),
    sessionId: text("session_id").references(() => sessions.id, { onDelete: "cascade" }),
    output: text("output"),
    /** The owner of what a token starts; null for other links. */
    actsFor: text("acts_for"),
    ownerId: text("owner_id").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
  },
  (table) => [index("links_session").on(table.sessionId), index("links_newest").on(table.createdAt, table.id)],
);

/** People with accounts at an identity provider; the id is the owner of what they start. */
export const users = pgTable(
  "users",
  {
    id: text("id").primaryKey(),
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    name: text("name").notNull(),
    role: text("role").$type<Role>().notNull(),
    lastSignInAt: instant("last_sign_in_at").notNull(),
    /** Null for someone who may sign in. */
    accessEndedAt: instant("access_ended_at"),
  },
  (table) => [unique("users_account").on(table.issuer, table.subject), index("users_newest").on(table.lastSignInAt, table.id)],
);

/** People in their browsers, who came by links or signed in; the id is the owner of what they start by links. */
export const visitors = pgTable(
  "visitors",
  {
    id: text("id").primaryKey(),
    /** Hex SHA-256 of the secret in their cookie; null after they signed out. */
    secretHash: text("secret_hash").unique("visitors_secret"),
    /** The secret before, which holds until the present one is first used: an answer with a new cookie may be lost. */
    previousHash: text("previous_hash").unique("visitors_previous"),
    /** The link with a role by which they came last; null for someone who opened only share links. */
    linkId: text("link_id").references(() => links.id, { onDelete: "set null" }),
    /** The user that they are until `signedInUntil`; both null for someone who did not sign in. */
    userId: text("user_id").references(() => users.id, { onDelete: "set null" }),
    signedInUntil: instant("signed_in_until"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("visitors_user").on(table.userId), index("visitors_link").on(table.linkId)],
);

/** The share links that visitors opened. */
export const visitorShares = pgTable(
  "visitor_shares",
  {
    visitorId: text("visitor_id")
      .notNull()
      .references(() => visitors.id, { onDelete: "cascade" }),
    linkId: text("link_id")
      .notNull()
      .references(() => links.id, { onDelete: "cascade" }),
  },
  (table) => [primaryKey({ name: "visitor_shares_pk", columns: [table.visitorId, table.linkId] })],
);

/** Random keys that all API servers share, by what they are for; base64url. */
export const sharedKeys = pgTable("shared_keys", { name: text("name").primaryKey(), key: text("key").notNull() });

/** Attempts to sign in that ended, by their states: each counts once. They are deleted once they are over. */
export const endedAttempts = pgTable("ended_attempts", { state: text("state").primaryKey(), until: instant("until").notNull() });
