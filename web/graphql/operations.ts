import type { ResultOf } from "gql.tada";
import { graphql } from "./tada";

const ImageParts = graphql(`
  fragment ImageParts on Image { id url width height }
`);

const FrameParts = graphql(`
  fragment FrameParts on Frame {
    step url width height mimeType computeMs createdAt
    losses { total content style tv }
  }
`);

const SessionParts = graphql(`
  fragment SessionParts on Session {
    id title status createdAt startedAt finishedAt queuePosition device
    error { code message }
  }
`);

const PaintingParts = graphql(
  `
    fragment PaintingParts on StyleTransferSession {
      ...SessionParts
      step
      content { ...ImageParts }
      styles { weight image { ...ImageParts } }
      settings {
        alpha beta gamma steps size scales seed optimizer learningRate initialImage preserveColors model
        styleLayers { layer weight }
      }
      latestFrame { ...FrameParts }
    }
  `,
  [SessionParts, ImageParts, FrameParts],
);

const CardParts = graphql(
  `
    fragment CardParts on StyleTransferSession {
      __typename
      ...SessionParts
      step
      settings { steps size }
      content { ...ImageParts }
      styles { image { ...ImageParts } }
      latestFrame { step url width height }
    }
  `,
  [SessionParts, ImageParts],
);

export const ServerQuery = graphql(`
  query Server {
    server { maxSize maxUploadBytes }
    models(task: FEATURES) { state }
  }
`);

export const PaintingQuery = graphql(
  `
    query Painting($id: ID!, $points: Int!) {
      session(id: $id) {
        __typename
        ... on StyleTransferSession {
          ...PaintingParts
          losses(points: $points) { step total content style tv }
        }
      }
    }
  `,
  [PaintingParts],
);

export const PaintingEvents = graphql(
  `
    subscription PaintingEvents($id: ID!, $afterStep: Int) {
      session(id: $id, afterStep: $afterStep) {
        __typename
        ... on Frame { ...FrameParts }
        ... on SessionChange { session { ... on StyleTransferSession { ...PaintingParts } } }
      }
    }
  `,
  [FrameParts, PaintingParts],
);

export const StartPainting = graphql(
  `
    mutation StartPainting($input: StyleTransferInput!) {
      startStyleTransfer(input: $input) { ...PaintingParts }
    }
  `,
  [PaintingParts],
);

export const CancelPainting = graphql(`
  mutation CancelPainting($id: ID!) { cancelSession(sessionId: $id) { id } }
`);

export const GalleryQuery = graphql(
  `
    query Gallery($first: Int!, $after: String) {
      sessions(first: $first, after: $after, filter: { kind: STYLE_TRANSFER }) {
        edges { node { ...CardParts } }
        pageInfo { hasNextPage endCursor }
        totalCount
      }
    }
  `,
  [CardParts],
);

export const GalleryEvents = graphql(
  `
    subscription GalleryEvents {
      sessions(filter: { kind: STYLE_TRANSFER }) { ...CardParts }
    }
  `,
  [CardParts],
);

export const RenamePainting = graphql(`
  mutation RenamePainting($id: ID!, $title: String!) { renameSession(sessionId: $id, title: $title) { id title } }
`);

export const DeletePainting = graphql(`
  mutation DeletePainting($id: ID!) { deleteSession(sessionId: $id) }
`);

export type Picture = ResultOf<typeof ImageParts>;
export type Frame = ResultOf<typeof FrameParts>;
export type Painting = ResultOf<typeof PaintingParts>;
export type PaintingStatus = Painting["status"];
export type Card = ResultOf<typeof CardParts>;
