import { AtelierError, notFound } from "../errors.js";
import { type Extent, partyOf, type Rule, rules } from "./policy.js";
import type { Principal } from "./principal.js";

/** What an operation is carried out on, as far as the principal may see it. */
export interface FoundSubject {
  /** The input that names it. */
  field: string;
  /** Its owner; null when the principal may not see it, or it does not exist. */
  ownerId: string | null;
}

/** What a principal may carry out an operation of a rule on. */
export function extentOf(rule: Rule, { role }: Pick<Principal, "role">): Extent {
  return rules[rule][partyOf(role)];
}

/**
 * Why a principal may not carry out an operation of a rule: UNAUTHENTICATED for a stranger; NOT_FOUND for what they may not
 * see; FORBIDDEN for what they may see but not do. Null when they may.
 */
export async function refusalOf(
  rule: Rule,
  principal: Principal,
  findSubjects: () => Promise<readonly FoundSubject[]>,
): Promise<AtelierError | null> {
  const extent = extentOf(rule, principal);
  if (extent === "ALL") return null;
  if (extent === "NONE" && principal.role === null) return unauthenticated();
  const subjects = await findSubjects();
  const unseen = subjects.find(({ ownerId }) => ownerId === null);
  if (unseen) return principal.role === null ? unauthenticated() : notFound(unseen.field, "There is nothing with this id.");
  if (extent === "VISIBLE") return null;
  const foreign = subjects.find(({ ownerId }) => ownerId !== principal.ownerId);
  if (extent === "OWN" && !foreign) return null;
  return forbidden(principal, foreign?.field);
}

export function unauthenticated(): AtelierError {
  return new AtelierError("UNAUTHENTICATED", "This needs access. Open a link to this server, or send its secret as a Bearer token.");
}

/** The error for the schema, where the operator shows it to nobody. */
export function schemaHidden(): AtelierError {
  return new AtelierError("FORBIDDEN", "This server does not show its schema; whoever runs it can set ATELIER_INTROSPECTION=1.");
}

function forbidden({ role }: Principal, field: string | undefined): AtelierError {
  const message = role === "VIEWER" ? "As a viewer one can only watch." : "Only its owner and admins can do this.";
  return new AtelierError("FORBIDDEN", message, field === undefined ? {} : { field });
}
