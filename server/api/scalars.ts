import { GraphQLError, GraphQLScalarType } from "graphql";
import { GraphQLDateTime } from "graphql-scalars";

/** Instants; a Date on the server. */
export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTime.toConfig(),
  description: "An ISO 8601 instant in UTC.",
  specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
});

/** Encoded images. Base64 text on the server too, so that an image is encoded once and not for each viewer. */
export const Base64 = new GraphQLScalarType<string, string>({
  name: "Base64",
  description: "Bytes of an encoded image (JPEG, PNG or WebP) in base64.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc4648#section-4",
  serialize: text,
  parseValue: text,
});

function text(value: unknown): string {
  if (typeof value !== "string") throw new GraphQLError("Base64 must be a string.");
  return value;
}
