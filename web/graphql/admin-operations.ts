import type { ResultOf } from "gql.tada";
import { graphql } from "./tada";

/** What runs and waits, of everyone and with what kiosks paint, the newest first. */
export const OpenSessionsQuery = graphql(`
  query OpenSessions {
    sessions(first: 100, filter: { status: [RUNNING, QUEUED], temporary: true }) {
      edges { node { __typename id title status queuePosition expiresAt ... on StyleTransferSession { step settings { steps } } } }
    }
  }
`);

export type OpenSession = ResultOf<typeof OpenSessionsQuery>["sessions"]["edges"][number]["node"];

/** Sessions as they change, whatever becomes of them. */
export const OpenSessionEvents = graphql(`subscription OpenSessionEvents { sessions(filter: { temporary: true }) { id } }`);

/** The owners with the most bytes, and the limits of the server. */
export const UsageQuery = graphql(`
  query Usage {
    usage(first: 50) { ownerId name sessions openSessions pictures films bytes }
    server { limits { name value unit per description } }
  }
`);

export type Usage = ResultOf<typeof UsageQuery>;
