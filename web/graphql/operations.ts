import type { ResultOf } from "gql.tada";
import { graphql } from "./tada";

export const ImageParts = graphql(`
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
    __typename id title status createdAt startedAt finishedAt queuePosition waitingReason device starred note expiresAt isMine mayChange approval
    error { code message }
  }
`);

export const SettingsParts = graphql(`
  fragment SettingsParts on StyleTransferSettings {
    alpha beta gamma steps size scales seed optimizer learningRate initialImage preserveColors draft model
    contentLayers { layer weight }
    styleLayers { layer weight }
  }
`);

const PaintingParts = graphql(
  `
    fragment PaintingParts on StyleTransferSession {
      ...SessionParts
      step
      content { ...ImageParts }
      styles { weight image { ...ImageParts } }
      settings { ...SettingsParts }
      initialSettings { ...SettingsParts }
      initialStyles { weight image { ...ImageParts } }
      changes {
        step alpha beta gamma steps size learningRate
        styleLayers { layer weight }
        styles { weight image { ...ImageParts } }
      }
      branchedAtStep
      parent { id title }
      branches { id title status branchedAtStep }
      latestFrame { ...FrameParts }
    }
  `,
  [SessionParts, ImageParts, FrameParts, SettingsParts],
);

const TranslationParts = graphql(
  `
    fragment TranslationParts on TranslationSession {
      ...SessionParts
      model { id title family licence source bytes state downloadProgress }
      source { ...ImageParts }
      latestFrame { ...FrameParts }
    }
  `,
  [SessionParts, ImageParts, FrameParts],
);

const CardParts = graphql(
  `
    fragment CardParts on Session {
      ...SessionParts
      latestFrame { step url width height }
      ... on StyleTransferSession { settings { size styleLayers { layer weight } } content { ...ImageParts } styles { image { id } } parent { id } }
      ... on TranslationSession { model { id title } source { ...ImageParts } }
    }
  `,
  [SessionParts, ImageParts],
);

/** What computes, and what does not. */
export const DevicesQuery = graphql(`
  query Devices { server { devices { name description } refusedDevices { name reason } } }
`);

export const ServerQuery = graphql(`
  query Server { server { maxSize exportFormats retentionHours } }
`);

export const SessionQuery = graphql(
  `
    query Session($id: ID!, $points: Int!) {
      session(id: $id) {
        __typename
        ... on StyleTransferSession {
          ...PaintingParts
          losses(points: $points) { step total content style tv }
        }
        ... on TranslationSession { ...TranslationParts }
      }
    }
  `,
  [PaintingParts, TranslationParts],
);

export const SessionEvents = graphql(
  `
    subscription SessionEvents($id: ID!, $afterStep: Int) {
      session(id: $id, afterStep: $afterStep) {
        __typename
        ... on Frame { ...FrameParts }
        ... on SessionChange {
          session {
            __typename
            ... on StyleTransferSession { ...PaintingParts }
            ... on TranslationSession { ...TranslationParts }
          }
        }
      }
    }
  `,
  [FrameParts, PaintingParts, TranslationParts],
);

/** Asks for nothing: its answer shows that the server is there. */
export const AliveQuery = graphql(`query Alive { __typename }`);

/** What happens to sessions on other pages. */
export const ElsewhereEvents = graphql(`
  subscription ElsewhereEvents { sessions { __typename id ... on StyleTransferSession { parent { id } } } }
`);

/** What other pages may change of a session that is over. */
export const ElsewhereQuery = graphql(`
  query Elsewhere($id: ID!) {
    session(id: $id) {
      __typename
      title starred note approval
      ... on StyleTransferSession { parent { id title } branches { id title status branchedAtStep } }
    }
  }
`);

export const RemovalEvents = graphql(`subscription RemovalEvents { sessionRemovals }`);

export const ViewersEvents = graphql(`subscription ViewersEvents($id: ID!) { viewers(id: $id) }`);

export const ImageQuery = graphql(`
  query Image($id: ID!) { image(id: $id) { id } }
`);

export const ImagesQuery = graphql(
  `
    query Images($first: Int!, $after: String) {
      images(first: $first, after: $after) { edges { node { ...ImageParts } } pageInfo { hasNextPage endCursor } }
    }
  `,
  [ImageParts],
);

/** The times of recent paintings, from which a new one is estimated. */
export const PaceQuery = graphql(`
  query Pace {
    sessions(first: 40, filter: { kind: STYLE_TRANSFER }) {
      edges { node {
        status startedAt finishedAt latestFrame { computeMs }
        ... on StyleTransferSession { step branchedAtStep settings { steps size scales draft optimizer model } content { width height } }
      } }
    }
  }
`);

/** How long the steps of a painting take, as the server has measured them. */
export const StepTimesQuery = graphql(`
  query StepTimes($model: ID!) { server { stepTimes(model: $model) { pixels fastestMs slowestMs } } }
`);

export const StartPainting = graphql(
  `
    mutation StartPainting($input: StyleTransferInput!) {
      startStyleTransfer(input: $input) { ...PaintingParts }
    }
  `,
  [PaintingParts],
);

/** What keeps the server busy. */
export const BusyQuery = graphql(`query Busy { server { devices { sessionIds } } queue(first: 1) { id } }`);

/** A temporary session; null once it has expired. */
export const TemporaryPictureQuery = graphql(`
  query TemporaryPicture($id: ID!) { session(id: $id) { status latestFrame { url } } }
`);

export const StartTranslation = graphql(
  `
    mutation StartTranslation($input: TranslationInput!) {
      startTranslation(input: $input) { ...TranslationParts }
    }
  `,
  [TranslationParts],
);

export const StartLive = graphql(`
  mutation StartLive($input: TranslationInput!) { startTranslation(input: $input) { id status } }
`);

/** A visitor's painting. */
export const TakenHomeQuery = graphql(`
  query TakenHome($id: ID!) { session(id: $id) { id title expiresAt latestFrame { url width height } } }
`);

export const OutputEvents = graphql(`
  subscription OutputEvents($name: String!) { liveOutput(name: $name, inline: true) { sessionId step mimeType data } }
`);

export const SendFrame = graphql(`
  mutation SendFrame($input: FrameInput!) { sendFrame(input: $input) { step status credit } }
`);

export const LiveEvents = graphql(`
  subscription LiveEvents($id: ID!) {
    session(id: $id, inline: true) {
      __typename
      ... on Frame { step mimeType data }
      ... on SessionChange { session { status error { message } } }
    }
  }
`);

export const KeepFrame = graphql(`
  mutation KeepFrame($sessionId: ID!, $step: Int!) { keepFrame(sessionId: $sessionId, step: $step) { id url } }
`);

export const PlaceQuery = graphql(`query Place($id: ID!) { session(id: $id) { status queuePosition waitingReason } }`);

export const FramesQuery = graphql(
  `
    query Frames($id: ID!, $fromStep: Int!, $toStep: Int!) {
      session(id: $id) {
        frames(first: 100, fromStep: $fromStep, toStep: $toStep) {
          edges { node { ...FrameParts } }
        }
      }
    }
  `,
  [FrameParts],
);

/** The first picture of a session at or after a step, and its newest one. */
export const PictureAtQuery = graphql(`
  query PictureAt($id: ID!, $step: Int!) {
    session(id: $id) {
      latestFrame { step url width height }
      frames(first: 1, fromStep: $step) { edges { node { step url width height } } }
    }
  }
`);

export const Steer = graphql(`
  mutation Steer($id: ID!, $changes: SteerInput!) { steer(sessionId: $id, changes: $changes) { id changes { step } } }
`);

export const PauseSession = graphql(`mutation PauseSession($id: ID!) { pauseSession(sessionId: $id) { id } }`);

export const ResumeSession = graphql(`mutation ResumeSession($id: ID!) { resumeSession(sessionId: $id) { id } }`);

export const BranchSession = graphql(
  `
    mutation BranchSession($id: ID!, $step: Int!, $changes: SteerInput) {
      branchSession(sessionId: $id, step: $step, changes: $changes) { ...PaintingParts }
    }
  `,
  [PaintingParts],
);

/** Ids of a painting's ancestors. */
export const AncestorsQuery = graphql(`
  query Ancestors($id: ID!) {
    session(id: $id) {
      ... on StyleTransferSession {
        parent { id parent { id parent { id parent { id parent { id parent { id } } } } } }
      }
    }
  }
`);

const MemberParts = graphql(`
  fragment MemberParts on StyleTransferSession { id title status step branchedAtStep latestFrame { url width height } }
`);

/** A painting and its branches, each with whether it has branches of its own. */
export const BranchesQuery = graphql(
  `
    query Branches($id: ID!) {
      session(id: $id) {
        ... on StyleTransferSession {
          ...MemberParts
          branches { ...MemberParts branches(first: 1) { id } }
        }
      }
    }
  `,
  [MemberParts],
);

export const ImportTrace = graphql(`mutation ImportTrace($trace: String!) { importTrace(trace: $trace) { ...PaintingParts } }`, [
  PaintingParts,
]);

const FilmParts = graphql(`fragment FilmParts on Export { id format state progress error { message } url }`);

export const StartFilm = graphql(`mutation StartFilm($input: ExportInput!) { startExport(input: $input) { ...FilmParts } }`, [FilmParts]);

export const CancelFilm = graphql(`mutation CancelFilm($id: ID!) { cancelExport(id: $id) { ...FilmParts } }`, [FilmParts]);

export const FilmEvents = graphql(`subscription FilmEvents($id: ID!) { exportChanged(id: $id) { ...FilmParts } }`, [FilmParts]);

export const CancelSession = graphql(`
  mutation CancelSession($id: ID!) { cancelSession(sessionId: $id) { id } }
`);

export const GalleryQuery = graphql(
  `
    query Gallery($first: Int!, $after: String, $filter: SessionFilter, $order: SessionOrder) {
      sessions(first: $first, after: $after, filter: $filter, order: $order) {
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
    subscription GalleryEvents($filter: SessionFilter) {
      sessions(filter: $filter) { ...CardParts }
    }
  `,
  [CardParts],
);

export const RenameSession = graphql(`
  mutation RenameSession($id: ID!, $title: String!) { renameSession(sessionId: $id, title: $title) { id title } }
`);

export const AnnotateSession = graphql(`
  mutation AnnotateSession($id: ID!, $starred: Boolean, $note: String) {
    annotateSession(sessionId: $id, starred: $starred, note: $note) { id starred note }
  }
`);

export const ExtendSession = graphql(`
  mutation ExtendSession($id: ID!, $seconds: Int!) { extendSession(sessionId: $id, seconds: $seconds) { id expiresAt } }
`);

/** A session that is paused has to be cancelled before it is deleted. */
export const CancelAndDeleteSession = graphql(`
  mutation CancelAndDeleteSession($id: ID!) { cancelSession(sessionId: $id) { id } deleteSession(sessionId: $id) }
`);

export const DeleteSession = graphql(`
  mutation DeleteSession($id: ID!) { deleteSession(sessionId: $id) }
`);

const NetworkParts = graphql(`
  fragment NetworkParts on Model {
    id title task family state size minSize takes bytes parameters source licence downloadProgress failure willRetry downloadable removed isDefault preview sheet
  }
`);

export const NetworksQuery = graphql(`query Networks { models { ...NetworkParts } }`, [NetworkParts]);

export const NetworkEvents = graphql(`subscription NetworkEvents { models { ...NetworkParts } }`, [NetworkParts]);

export const FetchNetwork = graphql(`mutation FetchNetwork($id: ID!) { downloadModel(id: $id) { ...NetworkParts } }`, [NetworkParts]);

export const StopFetching = graphql(`mutation StopFetching($id: ID!) { cancelDownload(id: $id) { ...NetworkParts } }`, [NetworkParts]);

export type Picture = ResultOf<typeof ImageParts>;
export type Frame = ResultOf<typeof FrameParts>;
export type Painting = ResultOf<typeof PaintingParts>;
export type Translation = ResultOf<typeof TranslationParts>;
export type Session = Painting | Translation;
export type SessionStatus = Session["status"];
export type FamilyMember = ResultOf<typeof MemberParts>;
export type Card = ResultOf<typeof CardParts>;
export type Film = ResultOf<typeof FilmParts>;
export type Network = ResultOf<typeof NetworkParts>;
