import type { ResultOf } from "gql.tada";
import { graphql } from "./tada";

/** Who may use the server, and what this browser may do. */
export const AccessQuery = graphql(`
  query Access { server { access { mode role name expiresAt requiresApproval } } }
`);

export type Access = ResultOf<typeof AccessQuery>["server"]["access"];

const LinkParts = graphql(`
  fragment LinkParts on Link { id kind name role createdAt expiresAt revokedAt }
`);

export type Link = ResultOf<typeof LinkParts>;

/** Links of one kind that open something, newest first: many of another kind do not push them out. */
export const LinksQuery = graphql(
  `query Links($kind: LinkKind!, $skip: Int!) { links(first: 100, skip: $skip, open: true, kind: $kind) { ...LinkParts } }`,
  [LinkParts],
);

const AuditParts = graphql(`fragment AuditParts on AuditEntry { at action code name role address about }`);

export type AuditEntry = ResultOf<typeof AuditParts>;

/** What was done on the server and who did it, newest first. */
export const AuditQuery = graphql(`query Audit { auditLog(first: 100) { ...AuditParts } }`, [AuditParts]);

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

/** Who may see a session, and the links that share it now. */
export const SharingQuery = graphql(
  `query Sharing($id: ID!) { session(id: $id) { id visibility approval links(first: 100, open: true) { ...LinkParts } } }`,
  [LinkParts],
);

export const ShareSession = graphql(
  `mutation ShareSession($id: ID!, $input: LinkInput!) { shareSession(sessionId: $id, input: $input) { path link { ...LinkParts } } }`,
  [LinkParts],
);

export const SetVisibility = graphql(`
  mutation SetVisibility($id: ID!, $visibility: Visibility!) { setVisibility(sessionId: $id, visibility: $visibility) { id visibility approval } }
`);

/** Whether a session that this browser opened a link to waits for approval. */
export const AwaitsApprovalQuery = graphql(`
  query AwaitsApproval($id: ID!) { server { access { awaitsApproval(sessionId: $id) } } }
`);

/** What waits for an admin's approval, the oldest first. */
export const WaitingQuery = graphql(`
  query Waiting {
    sessions(first: 24, filter: { approval: PENDING }, order: OLDEST) {
      totalCount
      edges {
        node {
          __typename id revision title createdAt latestFrame { url width }
          ... on StyleTransferSession { content { url } }
          ... on TranslationSession { source { url } }
        }
      }
    }
  }
`);

export type WaitingSession = ResultOf<typeof WaitingQuery>["sessions"]["edges"][number]["node"];

/** Sessions as they change: those that begin to wait, and those that have been decided. */
export const WaitingEvents = graphql(`subscription WaitingEvents { sessions(filter: { temporary: true }) { id approval } }`);

export const ReviewSession = graphql(`
  mutation ReviewSession($id: ID!, $approve: Boolean!, $revision: Int) {
    reviewSession(sessionId: $id, approve: $approve, revision: $revision) { id approval }
  }
`);

/** Who may see a picture by its id. */
export const ImageSharingQuery = graphql(`query ImageSharing($id: ID!) { image(id: $id) { id visibility mayChange } }`);

export const ShareImage = graphql(`
  mutation ShareImage($id: ID!) { setImageVisibility(id: $id, visibility: LINK) { id visibility } }
`);
