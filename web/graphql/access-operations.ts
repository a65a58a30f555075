import type { ResultOf } from "gql.tada";
import { graphql } from "./tada";

/** Who may use the server, and what this browser may do. */
export const AccessQuery = graphql(`
  query Access { server { access { mode role name expiresAt } } }
`);

export type Access = ResultOf<typeof AccessQuery>["server"]["access"];

const LinkParts = graphql(`
  fragment LinkParts on Link { id kind name role createdAt expiresAt revokedAt }
`);

export type Link = ResultOf<typeof LinkParts>;

export const LinksQuery = graphql(
  `query Links {
    links(first: 100, open: true) { ...LinkParts }
    tokens: links(first: 100, open: true, kind: TOKEN) { ...LinkParts }
  }`,
  [LinkParts],
);

export const CreateLink = graphql(
  `mutation CreateLink($input: AccessLinkInput!) { createLink(input: $input) { path link { ...LinkParts } } }`,
  [LinkParts],
);

export const CreateToken = graphql(
  `mutation CreateToken($input: TokenInput!) { createToken(input: $input) { secret token { ...LinkParts } } }`,
  [LinkParts],
);

export const RevokeLink = graphql(`mutation RevokeLink($id: ID!) { revokeLink(id: $id) { ...LinkParts } }`, [LinkParts]);

const UserParts = graphql(`
  fragment UserParts on User { id name role lastSignInAt accessEndedAt }
`);

export type User = ResultOf<typeof UserParts>;

export const UsersQuery = graphql(`query Users($skip: Int!) { users(first: 100, skip: $skip) { ...UserParts } }`, [UserParts]);

export const SetUserAccess = graphql(
  `mutation SetUserAccess($id: ID!, $allowed: Boolean!) { setUserAccess(id: $id, allowed: $allowed) { ...UserParts } }`,
  [UserParts],
);

/** Who may see a session, and the links that share it. */
export const SharingQuery = graphql(`query Sharing($id: ID!) { session(id: $id) { id visibility links { ...LinkParts } } }`, [LinkParts]);

export const ShareSession = graphql(
  `mutation ShareSession($id: ID!, $input: LinkInput!) { shareSession(sessionId: $id, input: $input) { path link { ...LinkParts } } }`,
  [LinkParts],
);

export const SetVisibility = graphql(`
  mutation SetVisibility($id: ID!, $visibility: Visibility!) { setVisibility(sessionId: $id, visibility: $visibility) { id visibility } }
`);
