import { defaultFieldResolver, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from "graphql";
import { extentOf } from "../access/permissions.js";
import { type Entry, openServerFields, policy } from "../access/policy.js";
import type { Principal } from "../access/principal.js";
import type { SessionDirectory } from "../access/session-directory.js";
import type { OperationContext } from "./operation.js";

type Field = GraphQLField<unknown, OperationContext, Record<string, unknown>>;

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
      if (type === schema.getSubscriptionType()) guardSubscription(field, entry);
      else guardResolver(field, entry, type === schema.getQueryType());
    }
  }
  for (const field of fieldsOf(schema.getType("ServerInfo"))) {
    if (!openServerFields.has(field.name)) guardResolver(field, { rule: "LIST", subjects: [] }, false);
  }
  const left = Object.keys(policy).filter((name) => !guarded.has(name));
  if (left.length > 0) throw new TypeError(`There is no ${left.join(", ")}.`);
}

function fieldsOf(type: unknown): Field[] {
  return type ? Object.values((type as GraphQLObjectType).getFields()) : [];
}

/** With `isNullable`, what one may not see is null, like what does not exist. */
function guardResolver(field: Field, entry: Entry, isNullable: boolean): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    const { principal, gatekeeper } = context;
    if (extentOf(entry.rule, principal) === "ALL") return resolve(source, args, context, info);
    return gatekeeper
      .refusal(entry, principal, (argument) => valueAt(args, argument))
      .then((refusal) => {
        if (refusal === null) return resolve(source, args, context, info);
        if (isNullable && refusal.code === "NOT_FOUND") return null;
        throw refusal;
      });
  };
}

function guardSubscription(field: Field, entry: Entry): void {
  const { subscribe } = field;
  if (!subscribe) throw new TypeError(`The subscription ${field.name} has no events.`);
  field.subscribe = async (source, args, context, info) => {
    const { principal, gatekeeper, directory } = context;
    const refusal = await gatekeeper.refusal(entry, principal, (argument) => valueAt(args, argument));
    if (refusal) throw refusal;
    const events = (await subscribe(source, args, context, info)) as AsyncIterableIterator<unknown>;
    const sessions = gatekeeper.sessionsOf(entry, principal, (argument) => valueAt(args, argument));
    return whileVisible(events, sessions, principal, directory);
  };
}

/** Events that end when their viewer may no longer see a session. */
async function whileVisible(
  events: AsyncIterableIterator<unknown>,
  sessionIds: readonly string[],
  { reader }: Principal,
  directory: SessionDirectory,
): Promise<AsyncIterableIterator<unknown>> {
  if (reader === null || sessionIds.length === 0) return events;
  let isHidden = false;
  const hide = () => {
    isHidden = true;
    void events.return?.();
  };
  const watches = await Promise.all(sessionIds.map((id) => directory.watch(reader, id, hide)));
  const unwatch = () => watches.forEach((end) => void end());
  // It may have been hidden before it was watched.
  for (const id of sessionIds) if (!(await directory.isVisible(reader, id))) hide();
  const visible: AsyncIterableIterator<unknown> = {
    [Symbol.asyncIterator]: () => visible,
    async next() {
      const event = isHidden ? { done: true as const, value: undefined } : await events.next();
      // One that was under way when the session was hidden is not shown.
      if (!event.done && !isHidden) return event;
      unwatch();
      return { done: true, value: undefined };
    },
    async return() {
      unwatch();
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
  return visible;
}

/** The value at a dotted path, such as `input.sessionId`. */
function valueAt(args: Record<string, unknown>, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], args);
}
