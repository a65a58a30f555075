import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import type { UserRecord } from "../records/access.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { IdArg } from "./declare.js";
import { Role } from "./enums.js";
import { firstArgument, lengthOf, skipOf } from "./paging.js";
import { DateTime } from "./scalars.js";

@ObjectType({ description: "Someone with an account at the identity provider, who signed in at least once." })
export class User {
  @Field(() => ID, { description: "Id of the user." })
  id!: string;

  @Field(() => String, { description: "Their name at the identity provider." })
  name!: string;

  @Field(() => Role, { description: "What they might do when they last signed in." })
  role!: Role;

  @Field(() => DateTime, { description: "When they last signed in." })
  lastSignInAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When an admin ended their access; null for someone who may sign in." })
  accessEndedAt!: Date | null;
}

@Resolver()
export class UserResolver {
  @Query(() => [User], { description: "Users, those who signed in last first." })
  users(
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("skip", () => Int, {
      nullable: true,
      defaultValue: 0,
      description: "Users to leave out at the beginning. At least 0; 0 by default.",
    })
    skip: number | null,
    @Ctx() { users }: ApiContext,
  ): Promise<UserRecord[]> {
    return users.list({ first: lengthOf(first), skip: skipOf(skip) });
  }

  @Mutation(() => User, {
    description:
      "Ends the access of a user, at once and on every device, or lets them sign in again. What they made stays theirs, and\n" +
      "tokens and links that they made stay open.",
  })
  setUserAccess(
    @IdArg("id", "user") id: string,
    @Arg("allowed", () => Boolean, { description: "Whether they may sign in." }) allowed: boolean,
    @Ctx() { users }: ApiContext,
  ): Promise<UserRecord> {
    return users.setAccess(requireId("id", id), allowed);
  }
}
