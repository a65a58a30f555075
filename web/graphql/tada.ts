import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./graphql-env";

/** Writes an operation whose variables and result are typed from schema.graphql. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; Base64: string };
  disableMasking: true;
}>();
