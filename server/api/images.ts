import { Arg, Ctx, Field, FieldResolver, ID, Int, ObjectType, Query, Resolver, Root } from "type-graphql";
import { isId } from "../sessions/ids.js";
import type { ImageRecord } from "../sessions/session.js";
import type { ApiContext } from "./context.js";
import { DateTime } from "./scalars.js";

@ObjectType()
export class Image {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  width!: number;

  @Field(() => Int)
  height!: number;

  @Field(() => String)
  mimeType!: string;

  @Field(() => Int)
  bytes!: number;

  @Field(() => DateTime)
  createdAt!: Date;
}

@Resolver(() => Image)
export class ImageResolver {
  @Query(() => Image, { nullable: true })
  async image(@Arg("id", () => ID) id: string, @Ctx() { history }: ApiContext): Promise<ImageRecord | null> {
    return isId(id) ? history.image(id) : null;
  }

  @FieldResolver(() => String, { description: "Immutable path on this server, beginning with /; safe to cache for ever." })
  url(@Root() image: ImageRecord): string {
    return `/images/${image.id}`;
  }
}
