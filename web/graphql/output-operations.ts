import type { ResultOf } from "gql.tada";
import { graphql } from "./tada";

const OutputAddressParts = graphql(`fragment OutputAddressParts on Link { id output createdAt revokedAt }`);

/** An address of a live output, without its secret. */
export type OutputAddress = ResultOf<typeof OutputAddressParts>;

/** Addresses of one's own live outputs, newest first: those of others, which admins may read, do not push them out. */
export const OutputAddressesQuery = graphql(
  `query OutputAddresses { links(first: 100, open: true, kind: OUTPUT, mine: true) { ...OutputAddressParts } }`,
  [OutputAddressParts],
);

export const ShareOutput = graphql(
  `mutation ShareOutput($output: String!, $input: LinkInput!) {
    shareOutput(output: $output, input: $input) { path link { ...OutputAddressParts } }
  }`,
  [OutputAddressParts],
);

export const RevokeOutputAddress = graphql(`mutation RevokeOutputAddress($id: ID!) { revokeLink(id: $id) { ...OutputAddressParts } }`, [
  OutputAddressParts,
]);
