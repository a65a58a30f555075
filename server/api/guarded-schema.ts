import { defaultFieldResolver, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from "graphql";
import { isWorthNoting } from "../access/audit-log.js";
import { extentOf } from "../access/permissions.js";
import { type Entry, openServerFields, policy } from "../access/policy.js";
import type { Principal } from "../access/principal.js";
import { AtelierError, type ErrorCode } from "../errors.js";
import type { OperationContext } from "./operation.js";

type Field = GraphQLField<unknown, OperationContext, Record<string, unknown>>;

/** The policy of fields of the server that strangers may not read. */
const serverFields: Entry = { rule: "LIST", subjects: [], audited: null, ofOthersOnly: false };

/**
 * Puts the policy in front of every operation of a schema.
 * @throws TypeError for an operation without a policy, and for a policy without an operation
 */
export function guardSchema(schema: GraphQLSchema): void {
  const guarded = new Set<string>(["Query.__schema", "Query.__type"]);
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of roots) {
    for (const field of fieldsOf(type)) {
      const name = `${type?.name}.${field.name}`;
      const entry = policy[name];
      if (!entry) throw new TypeError(`${name} has no policy.`);
      guarded.add(name);
      if (entry.audited) auditResolver(field, name, entry, entry.audited);
      if (type === schema.getSubscriptionType()) guardSubscription(field, name, entry);
      else guardResolver(field, name, entry, type === schema.getQueryType());
    }
  }
  for (const field of fieldsOf(schema.getType("ServerInfo"))) {
    if (!openServerFields.has(field.name)) guardResolver(field, `ServerInfo.${field.name}`, serverFields, false);
  }
  const left = Object.keys(policy).filter((name) => !guarded.has(name));
  if (left.length > 0) throw new TypeError(`There is no ${left.join(", ")}.`);
}

function fieldsOf(type: unknown): Field[] {
  return type ? Object.values((type as GraphQLObjectType).getFields()) : [];
}

/** With `isNullable`, what one may not see is null, like what does not exist. */
function guardResolver(field: Field, name: string, entry: Entry, isNullable: boolean): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    const { principal, gatekeeper } = context;
    if (extentOf(entry.rule, principal) === "ALL") return resolve(source, args, context, info);
    return gatekeeper
      .refusal(entry, principal, (argument) => valueAt(args, argument))
      .then((refusal) => {
        if (refusal === null) return resolve(source, args, context, info);
        if (isNullable && refusal.code === "NOT_FOUND") return null;
        throw noted(refusal, name, entry, args, context);
      });
  };
}

function guardSubscription(field: Field, name: string, entry: Entry): void {
  const { subscribe } = field;
  if (!subscribe) throw new TypeError(`The subscription ${field.name} has no events.`);
  field.subscribe = async (source, args, context, info) => {
    const idOf = (argument: string) => valueAt(args, argument);
    const refusal = await context.gatekeeper.refusal(entry, context.principal, idOf);
    if (refusal) throw noted(refusal, name, entry, args, context);
    const events = (await subscribe(source, args, context, info)) as AsyncIterableIterator<unknown>;
    return whileAllowed(events, entry, idOf, context);
  };
}

/** Records in the audit log that an operation was carried out, or why that failed. */
function auditResolver(field: Field, action: string, entry: Entry, recorded: readonly string[]): void {
  const { ofOthersOnly: comesInBursts } = entry;
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = async (source, args, context, info) => {
    const { audit, principal, address } = context;
    if (entry.ofOthersOnly && !(await isOfOthers(entry, args, context))) return resolve(source, args, context, info);
    const record = (code: ErrorCode | null, made: Record<string, string> = {}) =>
      audit.record({ action, code, principal, address, about: { ...textsOf(args, recorded), ...made }, comesInBursts });
    try {
      const result: unknown = await resolve(source, args, context, info);
      record(null, madeLink(result));
      return result;
    } catch (error) {
      record(error instanceof AtelierError ? error.code : "INTERNAL");
      throw error;
    }
  };
}

/** Whether an operation that the policy allows changes something of another owner. */
async function isOfOthers(entry: Entry, args: Record<string, unknown>, { principal, gatekeeper }: OperationContext): Promise<boolean> {
  // Others than admins are let through to their own alone.
  if (extentOf(entry.rule, principal) === "OWN") return false;
  return gatekeeper.isOfOthers(entry, principal, (argument) => valueAt(args, argument));
}

/** Records a refusal in the audit log, unless it is that of a stranger without credentials; returns the refusal. */
function noted(refusal: AtelierError, action: string, { subjects }: Entry, args: Record<string, unknown>, context: OperationContext) {
  const { audit, principal, address } = context;
  const about = textsOf(
    args,
    subjects.map(({ argument }) => argument),
  );
  if (isWorthNoting(refusal, principal)) audit.record({ action, code: refusal.code, principal, address, about });
  return refusal;
}

/** The arguments with these paths that were given. */
function textsOf(args: Record<string, unknown>, paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    paths.flatMap((path) => {
      const value = valueAt(args, path);
      return value === undefined || value === null ? [] : [[path, String(value)]];
    }),
  );
}

/** The id of a link or token that a mutation made. */
function madeLink(result: unknown): Record<string, string> {
  const { link, token } = (typeof result === "object" && result !== null ? result : {}) as Record<
    "link" | "token",
    { id: string } | undefined
  >;
  const made = link ?? token;
  return made ? { link: made.id } : {};
}

/**
 * Events that end when their viewer may no longer see a session, and when the socket is renewed with the credential of
 * someone who may not see them.
 */
async function whileAllowed(
  events: AsyncIterableIterator<unknown>,
  entry: Entry,
  idOf: (argument: string) => unknown,
  { principal, gatekeeper, directory, renewal }: OperationContext,
): Promise<AsyncIterableIterator<unknown>> {
  if (renewal === null && (principal.reader === null || (await gatekeeper.sessionsOf(entry, principal, idOf)).length === 0)) return events;
  let isOver = false;
  let watches: (() => void)[] = [];
  const end = () => {
    isOver = true;
    void events.return?.();
  };
  const watch = async ({ reader, ...others }: Principal) => {
    const sessions = reader === null ? [] : await gatekeeper.sessionsOf(entry, { reader, ...others }, idOf);
    const before = watches;
    watches = await Promise.all(sessions.map((id) => directory.watch(reader, id, end)));
    for (const stop of before) stop();
    // It may have been hidden before it was watched.
    for (const id of sessions) if (!(await directory.isVisible(reader, id))) end();
  };
  let stopRenewal: (() => void) | undefined;
  const unwatch = () => {
    stopRenewal?.();
    for (const stop of watches) stop();
  };
  try {
    await watch(principal);
  } catch (error) {
    unwatch();
    await events.return?.();
    throw error;
  }
  stopRenewal = renewal?.watch(async (renewed) => {
    const refusal = await gatekeeper.refusal(entry, renewed, idOf);
    if (refusal || !hearsTheSame(entry, principal, renewed)) end();
    else await watch(renewed);
  });
  const allowed: AsyncIterableIterator<unknown> = {
    [Symbol.asyncIterator]: () => allowed,
    async next() {
      const event = isOver ? { done: true as const, value: undefined } : await events.next();
      // One that was under way when the session was hidden is not shown.
      if (!event.done && !isOver) return event;
      unwatch();
      return { done: true, value: undefined };
    },
    async return() {
      unwatch();
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
  return allowed;
}

/** Whether events that began for one principal may go on for another: those of a list were chosen for the first. */
function hearsTheSame({ subjects }: Entry, first: Principal, renewed: Principal): boolean {
  if (subjects.length > 0) return true;
  return renewed.ownerId === first.ownerId && (renewed.reader === null || first.reader !== null);
}

/** The value at a dotted path, such as `input.sessionId`. */
function valueAt(args: Record<string, unknown>, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], args);
}
