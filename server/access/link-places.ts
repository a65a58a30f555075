import type { Allowances, Party } from "../limits/allowances.js";
import type { RequiredLinkPlace } from "../storage/access.js";

/**
 * The place that one more link of a party needs; `field` is the input that asks for it. Its `require` throws AtelierError LIMIT
 * where the owner, or all who came by the same link, have as many open links as they may.
 */
export function linkPlace(allowances: Allowances, party: Party, field: string): RequiredLinkPlace | undefined {
  const isLimited = (name: "openLinks" | "linkOpenLinks") => Number.isFinite(allowances.of(name, party));
  if (!isLimited("openLinks")) return undefined;
  return {
    linkId: isLimited("linkOpenLinks") ? (party.groupId ?? null) : null,
    require({ own, ofLink }) {
      allowances.requirePlace("openLinks", party, own, field);
      allowances.requirePlace("linkOpenLinks", party, ofLink, field);
    },
  };
}
