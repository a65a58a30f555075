import type { ResultOf } from "gql.tada";
import { SettingsParts } from "./operations";
import { graphql } from "./tada";

const RunParts = graphql(
  `
    fragment RunParts on StyleTransferSession {
      id title status step
      content { url width height }
      styles { weight image { url } }
      settings { ...SettingsParts }
    }
  `,
  [SettingsParts],
);

const RunFrameParts = graphql(`
  fragment RunFrameParts on Frame { step url losses { total layers { layer term value } } }
`);

/** One of several paintings that are shown together. */
export const RunQuery = graphql(`query Run($id: ID!) { session(id: $id) { __typename ... on StyleTransferSession { ...RunParts } } }`, [
  RunParts,
]);

/** All its kept frames from the first one, then the live ones. */
export const RunEvents = graphql(
  `
    subscription RunEvents($id: ID!, $afterStep: Int) {
      session(id: $id, afterStep: $afterStep) {
        __typename
        ... on Frame { ...RunFrameParts }
        ... on SessionChange { session { __typename ... on StyleTransferSession { ...RunParts } } }
      }
    }
  `,
  [RunParts, RunFrameParts],
);

/** Paintings as other pages change them, also when they are over. */
export const RunChanges = graphql(`subscription RunChanges { sessions { __typename ... on StyleTransferSession { ...RunParts } } }`, [
  RunParts,
]);

/** The newest paintings, to choose from. */
export const RecentPaintings = graphql(`
  query RecentPaintings {
    sessions(first: 18, filter: { kind: STYLE_TRANSFER }) {
      edges { node { __typename ... on StyleTransferSession { id title latestFrame { url } content { url } } } }
    }
  }
`);

export type RecentPainting = Extract<
  ResultOf<typeof RecentPaintings>["sessions"]["edges"][number]["node"],
  { __typename: "StyleTransferSession" }
>;
export type RunSession = ResultOf<typeof RunParts>;
export type RunFrame = ResultOf<typeof RunFrameParts>;
