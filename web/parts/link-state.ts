import type { Link } from "../graphql/access-operations";

/** Why a link opens nothing any more; null for one that does. */
export function whyClosed({ revokedAt, expiresAt }: Pick<Link, "revokedAt" | "expiresAt">): "revoked" | "expired" | null {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && new Date(expiresAt) <= new Date() ? "expired" : null;
}
