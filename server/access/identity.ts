import { higherOf, type Role, roles } from "../records/access.js";

/** Longest name of a user that is kept, characters. */
const MAX_NAME = 100;

/** Someone, as an identity provider names them. */
export interface Identity {
  /** Address of the identity provider. */
  issuer: string;
  /** What the provider calls them, for good. */
  subject: string;
  /** Their name, for people. */
  name: string;
  /** The highest of the roles that the provider gives them here; null for none. */
  role: Role | null;
}

/** The name in the claims of a user: the first of the usual ones that is there. */
export function nameIn(claims: Readonly<Record<string, unknown>>): string {
  const names = [claims.name, claims.preferred_username, claims.nickname, claims.email, claims.sub];
  const name = names.find((one): one is string => typeof one === "string" && one.trim() !== "") ?? "";
  return name.trim().slice(0, MAX_NAME);
}

/**
 * The highest role that a claim names, as a text or a list of texts. A claim with dots in its name may also lie in an
 * object, such as Keycloak's `realm_access.roles`. Null for a claim without a known role.
 */
export function roleIn(claims: Readonly<Record<string, unknown>>, claim: string): Role | null {
  const value = claims[claim] ?? claim.split(".").reduce<unknown>(memberOf, claims);
  const named = (Array.isArray(value) ? value : [value]).flatMap((text) => roles.find((role) => role.toLowerCase() === text) ?? []);
  return named.reduce<Role | null>(higherOf, null);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
