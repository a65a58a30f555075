import type { ResultOf } from "gql.tada";
import { ImageParts } from "./operations";
import { graphql } from "./tada";

/** The sessions that wait, the next one first. */
export const QueueQuery = graphql(
  `
    query Queue($first: Int!) {
      queue(first: $first) {
        __typename id title queuePosition
        ... on StyleTransferSession { content { ...ImageParts } }
        ... on TranslationSession { source { ...ImageParts } }
      }
    }
  `,
  [ImageParts],
);

export const QueueEvents = graphql(`subscription QueueEvents { sessions { id status queuePosition } }`);

export const MoveInQueue = graphql(`
  mutation MoveInQueue($id: ID!, $position: Int!) { moveInQueue(sessionId: $id, position: $position) { id } }
`);

export type Waiting = ResultOf<typeof QueueQuery>["queue"][number];
