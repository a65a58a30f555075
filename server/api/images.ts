import { Arg, Ctx, Field, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import type { ImageRecord } from "../records/pictures.js";
import { isId, requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { type Connection, connection, cursorCodec, DEFAULT_PAGE_SIZE, PageInfo, pageRequest } from "./paging.js";
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

  @Field(() => Int, { name: "bytes", description: "Size of the file." })
  byteLength!: number;

  @Field(() => DateTime)
  createdAt!: Date;
}

@ObjectType()
export class ImageEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => Image)
  node!: ImageRecord;
}

@ObjectType()
export class ImageConnection implements Connection<ImageRecord> {
  @Field(() => [ImageEdge])
  edges!: ImageEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;

  @Field(() => Int)
  totalCount!: number;
}

const imageCursors = cursorCodec("image", (text) => (isId(text) ? text : null));

@Resolver(() => Image)
export class ImageResolver {
  @Query(() => ImageConnection, { description: "Pictures that were uploaded or kept, newest first; first is 1 to 100." })
  async images(
    @Arg("first", () => Int, { nullable: true, defaultValue: DEFAULT_PAGE_SIZE }) first: number | null,
    @Arg("after", () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() { storage }: ApiContext,
  ): Promise<Connection<ImageRecord>> {
    const request = pageRequest(first, after ?? null, imageCursors);
    return connection(
      await storage.images.list(request),
      request,
      imageCursors,
      (image) => image.id,
      (image) => image,
    );
  }

  @Query(() => Image, { nullable: true })
  async image(@Arg("id", () => ID) id: string, @Ctx() { storage }: ApiContext): Promise<ImageRecord | null> {
    return isId(id) ? storage.images.find(id) : null;
  }

  @FieldResolver(() => String, { description: "Immutable path on this server, beginning with /; safe to cache for ever." })
  url(@Root() image: ImageRecord): string {
    return `/images/${image.id}`;
  }

  @Mutation(() => ID, { description: "Deletes a picture that no session uses, for good. CONFLICT while one does." })
  deleteImage(@Arg("id", () => ID) id: string, @Ctx() { sessions }: ApiContext): Promise<string> {
    return sessions.deleteImage(requireId("id", id));
  }
}
