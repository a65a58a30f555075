import "reflect-metadata";
import { createPubSub } from "@graphql-yoga/subscription";
import { GraphQLEnumType, GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { errorCodes } from "../errors.js";
import { AccessResolver, LinkResolver, SessionAccessResolver, SharedWithMeResolver } from "./access.js";
import { AuditResolver } from "./audit.js";
import { ExportResolver } from "./exports.js";
import { FrameResolver } from "./frames.js";
import { guardSchema } from "./guarded-schema.js";
import { ImageResolver } from "./images.js";
import { LiveFrameMutations } from "./live-frames.js";
import { ModelResolver, ModelsSubscription } from "./models.js";
import { ServerInfoResolver } from "./server-info.js";
import { SessionControlMutations } from "./session-controls.js";
import { SessionFieldsResolver, StyleTransferFieldsResolver } from "./session-fields.js";
import { StyleTransferSession, TranslationSession } from "./session-types.js";
import { ImageSessionsResolver, QueueResolver, SessionMutations, SessionQueries } from "./sessions.js";
import { SharingResolver } from "./sharing.js";
import {
  OutputSubscription,
  ReadinessSubscription,
  RemovalsSubscription,
  SessionSubscription,
  SessionsSubscription,
  ViewersSubscription,
} from "./subscriptions.js";
import { TranslationFieldsResolver } from "./translations.js";
import { UsageResolver } from "./usage.js";
import { UserResolver } from "./users.js";

/** Codes of errors. No field has this type: they are in the extensions of errors, and a session keeps its own as text. */
const ErrorCode = new GraphQLEnumType({
  name: "ErrorCode",
  description: "Codes in extensions.code of errors, and in SessionError.code. More may follow.",
  values: Object.fromEntries(Object.entries(errorCodes).map(([code, description]) => [code, { description }])),
});

/** Descriptions of the root types, which type-graphql cannot describe. */
const rootDescriptions = {
  Query: "What can be read, over HTTP and WebSocket.",
  Mutation: "What can be changed. Each mutation checks its input before it changes anything.",
  Subscription: "What can be followed, over the WebSocket.",
};

/** The schema that this server serves. */
export function buildApiSchema(): GraphQLSchema {
  const config = resolvedSchema().toConfig();
  for (const [name, description] of Object.entries(rootDescriptions)) {
    const root = config.types.find((type) => type.name === name);
    if (root) root.description = description;
  }
  const schema = new GraphQLSchema({ ...config, types: [...config.types, ErrorCode] });
  guardSchema(schema);
  return schema;
}

function resolvedSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [
      AccessResolver,
      AuditResolver,
      ExportResolver,
      FrameResolver,
      ImageResolver,
      LinkResolver,
      ModelResolver,
      ServerInfoResolver,
      SessionAccessResolver,
      SharedWithMeResolver,
      SharingResolver,
      SessionFieldsResolver,
      StyleTransferFieldsResolver,
      TranslationFieldsResolver,
      UsageResolver,
      UserResolver,
      SessionQueries,
      QueueResolver,
      ImageSessionsResolver,
      SessionMutations,
      SessionControlMutations,
      LiveFrameMutations,
      SessionSubscription,
      SessionsSubscription,
      RemovalsSubscription,
      ViewersSubscription,
      OutputSubscription,
      ReadinessSubscription,
      ModelsSubscription,
    ],
    orphanedTypes: [StyleTransferSession, TranslationSession],
    validate: false,
    // type-graphql requires one, but every subscription has an iterator of its own.
    pubSub: createPubSub(),
  });
}

/** The text of schema.graphql: stamped, and sorted so that only a change of the schema changes the file. */
export function emittedSchema(): string {
  const stamp = "# Emitted from server/api by: npx tsx server/api/emit-schema.ts\n# Do not edit: change the code and emit again.\n\n";
  return `${stamp}${printSchema(lexicographicSortSchema(buildApiSchema()))}\n`;
}
