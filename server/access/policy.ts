import type { Role } from "../records/access.js";

/** Everyone that the policy tells apart: people and programs with a role, and strangers, who have no valid credentials. */
export const parties = ["STRANGER", "VIEWER", "ARTIST", "ADMIN"] as const;
export type Party = (typeof parties)[number];

/** On what a party may carry out an operation: everything, what they may see, what is theirs, or nothing. */
export type Extent = "ALL" | "VISIBLE" | "OWN" | "NONE";

/** What the rules of the policy allow each party. */
export const rules = {
  /** Says nothing that a stranger may not know. */
  OPEN: { STRANGER: "ALL", VIEWER: "ALL", ARTIST: "ALL", ADMIN: "ALL" },
  /** Reads one session, or a picture of one, that the request names. */
  SEE: { STRANGER: "VISIBLE", VIEWER: "VISIBLE", ARTIST: "VISIBLE", ADMIN: "ALL" },
  /** Reads a list, or what describes the server. */
  LIST: { STRANGER: "NONE", VIEWER: "VISIBLE", ARTIST: "VISIBLE", ADMIN: "ALL" },
  /** Makes something new, from what the party may see. */
  MAKE: { STRANGER: "NONE", VIEWER: "NONE", ARTIST: "VISIBLE", ADMIN: "ALL" },
  /** Changes or deletes what is there. */
  CHANGE: { STRANGER: "NONE", VIEWER: "NONE", ARTIST: "OWN", ADMIN: "ALL" },
  /** Changes what concerns everyone. */
  ADMINISTER: { STRANGER: "NONE", VIEWER: "NONE", ARTIST: "NONE", ADMIN: "ALL" },
} as const satisfies Record<string, Record<Party, Extent>>;
export type Rule = keyof typeof rules;

/** What an operation is carried out on: what one of its arguments names. */
export interface Subject {
  kind: "session" | "image" | "export" | "link";
  /** Path of the argument with its id, such as `input.sessionId`. An optional one may be missing. */
  argument: string;
}

/** One row of the policy. */
export interface Entry {
  rule: Rule;
  subjects: readonly Subject[];
  /** Arguments that the audit log has of an operation, none of them secret; null for one that it records only when refused. */
  audited: readonly string[] | null;
  /** Whether it is recorded only where it changes something of another owner. */
  ofOthersOnly: boolean;
}

const session = (argument: string): Subject => ({ kind: "session", argument });
const image: Subject = { kind: "image", argument: "id" };
const film: Subject = { kind: "export", argument: "id" };
const link: Subject = { kind: "link", argument: "id" };

function entry(rule: Rule, ...subjects: Subject[]): Entry {
  return { rule, subjects, audited: null, ofOthersOnly: false };
}

/** An operation that changes who may do what, or what concerns others: the audit log has it also when it is carried out. */
function audited(operation: Entry, ...others: string[]): Entry {
  return { ...operation, audited: [...operation.subjects.map(({ argument }) => argument), ...others] };
}

/** An operation that the audit log has only when an admin carries it out on the work of others. */
function auditedOfOthers(operation: Entry, ...others: string[]): Entry {
  return { ...audited(operation, ...others), ofOthersOnly: true };
}

/**
 * Every operation of the API with its rule, and every address beside `/graphql` that is no file of the studio. The schema
 * is not built while an operation is missing here. Pictures that an operation names besides must be visible too.
 */
export const policy: Readonly<Record<string, Entry>> = {
  "Query.__schema": entry("LIST"),
  "Query.__type": entry("LIST"),
  "Query.server": entry("OPEN"),
  "Query.session": entry("SEE", session("id")),
  "Query.sessions": entry("LIST"),
  "Query.queue": entry("LIST"),
  "Query.frame": entry("SEE", session("sessionId")),
  "Query.image": entry("SEE", image),
  "Query.images": entry("LIST"),
  "Query.export": entry("SEE", film),
  "Query.model": entry("LIST"),
  "Query.models": entry("LIST"),
  "Query.links": entry("MAKE"),
  "Query.auditLog": entry("ADMINISTER"),
  "Query.usage": entry("ADMINISTER"),
  "Query.users": entry("ADMINISTER"),
  "Mutation.renewAccess": entry("OPEN"),
  "Mutation.startStyleTransfer": entry("MAKE"),
  "Mutation.startTranslation": entry("MAKE"),
  "Mutation.importTrace": entry("MAKE"),
  "Mutation.branchSession": entry("MAKE", session("sessionId")),
  "Mutation.keepFrame": entry("MAKE", session("sessionId")),
  "Mutation.startExport": entry("MAKE", session("input.sessionId"), session("input.besideId")),
  "Mutation.steer": auditedOfOthers(entry("CHANGE", session("sessionId"))),
  "Mutation.pauseSession": auditedOfOthers(entry("CHANGE", session("sessionId"))),
  "Mutation.resumeSession": auditedOfOthers(entry("CHANGE", session("sessionId"))),
  "Mutation.cancelSession": auditedOfOthers(entry("CHANGE", session("sessionId"))),
  "Mutation.endSession": auditedOfOthers(entry("CHANGE", session("sessionId"))),
  "Mutation.renameSession": auditedOfOthers(entry("CHANGE", session("sessionId")), "title"),
  "Mutation.annotateSession": auditedOfOthers(entry("CHANGE", session("sessionId")), "starred"),
  "Mutation.extendSession": auditedOfOthers(entry("CHANGE", session("sessionId")), "seconds"),
  "Mutation.deleteSession": audited(entry("CHANGE", session("sessionId"))),
  "Mutation.setVisibility": audited(entry("CHANGE", session("sessionId")), "visibility"),
  "Mutation.reviewSession": audited(entry("ADMINISTER", session("sessionId")), "approve"),
  "Mutation.shareSession": audited(entry("CHANGE", session("sessionId")), "input.name"),
  "Mutation.sendFrame": auditedOfOthers(entry("CHANGE", session("input.sessionId"))),
  "Mutation.deleteImage": audited(entry("CHANGE", image)),
  "Mutation.setImageVisibility": audited(entry("CHANGE", image), "visibility"),
  "Mutation.cancelExport": auditedOfOthers(entry("CHANGE", film)),
  "Mutation.shareOutput": audited(entry("MAKE"), "output", "input.name"),
  "Mutation.createLink": audited(entry("ADMINISTER"), "input.name", "input.role"),
  "Mutation.createToken": audited(entry("ADMINISTER"), "input.name", "input.role", "input.replaces"),
  "Mutation.setUserAccess": audited(entry("ADMINISTER"), "id", "allowed"),
  "Mutation.revokeLink": audited(entry("CHANGE", link)),
  "Mutation.moveInQueue": audited(entry("ADMINISTER", session("sessionId")), "position"),
  "Mutation.downloadModel": audited(entry("ADMINISTER"), "id"),
  "Mutation.cancelDownload": audited(entry("ADMINISTER"), "id"),
  "Subscription.session": entry("SEE", session("id")),
  "Subscription.viewers": entry("SEE", session("id")),
  "Subscription.exportChanged": entry("SEE", film),
  "Subscription.sessions": entry("LIST"),
  "Subscription.sessionRemovals": entry("LIST"),
  "Subscription.models": entry("LIST"),
  "Subscription.readiness": entry("LIST"),
  "Subscription.liveOutput": entry("LIST"),
};

/** Fields of the server that a stranger may read; the others follow the rule LIST. */
export const openServerFields: ReadonlySet<string> = new Set(["access", "retentionHours"]);

/** Addresses beside `/graphql`. The studio's files, `/healthz`, `/readyz`, `/access` and what is below it are open. */
export const routePolicy = {
  "POST /images": entry("MAKE"),
  "GET /images/:id": entry("SEE", image),
  "GET /frames/:sessionId/:step": entry("SEE", session("sessionId")),
  "GET /sessions/:id/export.:format": entry("SEE", session("id"), session("beside")),
  "GET /sessions/:id/trace.json": entry("SEE", session("id")),
  "GET /sessions/:id/stream.mjpeg": entry("SEE", session("id")),
  "GET /exports/:id": entry("SEE", film),
  "GET /live/out/:name.mjpeg": entry("LIST"),
  "GET /models/:id/preview": entry("LIST"),
  "GET /models/:id/sheet": entry("LIST"),
  "GET /schema.graphql": entry("LIST"),
  "GET /metrics": entry("ADMINISTER"),
} as const satisfies Record<string, Entry>;
export type Route = keyof typeof routePolicy;

export function partyOf(role: Role | null): Party {
  return role ?? "STRANGER";
}
