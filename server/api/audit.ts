import { Arg, Ctx, Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { AuditEntry as StoredEntry } from "../records/audit.js";

import type { ApiContext } from "./context.js";
import { Role } from "./enums.js";
import { firstArgument, lengthOf } from "./paging.js";
import { DateTime } from "./scalars.js";

@ObjectType({ description: "Something that was done on this server, or refused." })
export class AuditEntry {
  @Field(() => DateTime, { description: "When it happened." })
  at!: Date;

  @Field(() => String, { description: "The operation, such as Mutation.createLink, or address, such as POST /access." })
  action!: string;

  @Field(() => String, {
    nullable: true,
    description: "Code of the error with which it was refused or failed; null when it was carried out.",
  })
  code!: string | null;

  @Field(() => String, { nullable: true, description: "Name of the link with the role of whoever did it; null for none." })
  name!: string | null;

  @Field(() => Role, { nullable: true, description: "The role of whoever did it; null for none." })
  role!: Role | null;

  @Field(() => String, { nullable: true, description: "Id of whoever did it, as the owner of sessions; null for a stranger." })
  ownerId!: string | null;

  @Field(() => String, { nullable: true, description: "Network address of the client; null when it is not known." })
  address!: string | null;

  @Field(() => String, { description: "Ids, names and choices of what was done, such as sessionId 4711, visibility PUBLIC." })
  about!: string;
}

@Resolver()
export class AuditResolver {
  @Query(() => [AuditEntry], {
    description: "What was done on this server and who did it, newest first. Without access control there is nothing.",
  })
  async auditLog(@Arg("first", () => Int, firstArgument) first: number | null, @Ctx() { audit }: ApiContext): Promise<AuditEntry[]> {
    return (await audit.list(lengthOf(first))).map(shown);
  }
}

function shown({ about, ...entry }: StoredEntry): AuditEntry {
  const texts = Object.entries(about).map(([name, text]) => `${name.split(".").at(-1)} ${text}`);
  return { ...entry, about: texts.join(", ") };
}
