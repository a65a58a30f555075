import { Arg, Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { OwnerUsage as Usage } from "../records/access.js";
import type { ApiContext } from "./context.js";
import { firstArgument, lengthOf } from "./paging.js";

@ObjectType({ description: "What one owner has on this server." })
export class OwnerUsage {
  @Field(() => ID, { description: "Id of the owner: a user, a visitor's browser, or a link or token that a program uses." })
  ownerId!: string;

  @Field(() => String, { nullable: true, description: "The user's name, or that of the link or token; null where it is not known." })
  name!: string | null;

  @Field(() => Int, { description: "Sessions that are kept." })
  sessions!: number;

  @Field(() => Int, { description: "Sessions among them that are QUEUED or RUNNING." })
  openSessions!: number;

  @Field(() => Int, { description: "Pictures that were uploaded or kept." })
  pictures!: number;

  @Field(() => Int, { description: "Films that are kept." })
  films!: number;

  @Field(() => Float, { description: "Bytes of pictures, kept frames and films." })
  bytes!: number;
}

@Resolver()
export class UsageResolver {
  @Query(() => [OwnerUsage], { description: "Owners with what they have on this server, those with the most bytes first." })
  async usage(@Arg("first", () => Int, firstArgument) first: number | null, @Ctx() { storage }: ApiContext): Promise<OwnerUsage[]> {
    return (await storage.access.usage(lengthOf(first))).map(({ byteLength, ...usage }: Usage) => ({ ...usage, bytes: byteLength }));
  }
}
