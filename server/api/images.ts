import { Arg, Ctx, Field, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { isId } from "../records/id.js";
import type { ImageRecord } from "../records/pictures.js";
import { requireId } from "../sessions/requirements.js";
import type { ApiContext } from "./context.js";
import { IdArg } from "./declare.js";
import { Visibility } from "./enums.js";
import { afterArgument, type Connection, connection, connectionType, cursorCodec, firstArgument } from "./paging.js";
import { DateTime } from "./scalars.js";

@ObjectType({ description: "A picture that was uploaded, or kept from a frame." })
export class Image {
  @Field(() => ID, { description: "Id of the picture; it never changes." })
  id!: string;

  @Field(() => Int, { description: "Width in pixels, after EXIF orientation." })
  width!: number;

  @Field(() => Int, { description: "Height in pixels, after EXIF orientation." })
  height!: number;

  @Field(() => String, { description: "Media type of the file." })
  mimeType!: string;

  @Field(() => Int, { name: "bytes", description: "Size of the file in bytes, as its owner gets it." })
  byteLength!: number;

  @Field(() => DateTime, { description: "When the picture was stored." })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: "When the server deletes a temporary picture, unless a session uses it; null for one that lasts.",
  })
  expiresAt!: Date | null;

  @Field(() => Visibility, { description: "Who may see the picture by its id; see `setImageVisibility`." })
  visibility!: Visibility;
}

export const ImageConnection = connectionType<ImageRecord>("ImageConnection", () => Image);

const imageCursors = cursorCodec("image", (text) => (isId(text) ? text : null));

@Resolver(() => Image)
export class ImageResolver {
  @Query(() => ImageConnection, { description: "Pictures that were uploaded or kept, newest first. Temporary ones are left out." })
  images(
    @Arg("first", () => Int, firstArgument) first: number | null,
    @Arg("after", () => String, afterArgument) after: string | null | undefined,
    @Ctx() { storage }: ApiContext,
  ): Promise<Connection<ImageRecord>> {
    return connection(
      { first, after },
      imageCursors,
      (request) => storage.images.list(request),
      ({ id }) => id,
      () => storage.images.count(),
    );
  }

  @Query(() => Image, { nullable: true, description: "The picture with this id; null when there is none." })
  async image(@IdArg("id", "picture") id: string, @Ctx() { storage }: ApiContext): Promise<ImageRecord | null> {
    return isId(id) ? storage.images.find(id) : null;
  }

  @FieldResolver(() => String, {
    description:
      "Path of the file on this server, beginning with /. Its content never changes; others than its owner and admins get a\n" +
      "copy without EXIF and other metadata.",
  })
  url(@Root() image: ImageRecord): string {
    return `/images/${image.id}`;
  }

  @FieldResolver(() => Boolean, { description: "Whether this client may delete the picture and decide who sees it." })
  mayChange(@Root() { ownerId }: ImageRecord, @Ctx() { principal }: ApiContext): boolean {
    return principal.role === "ADMIN" || (principal.role === "ARTIST" && ownerId === principal.ownerId);
  }

  @Mutation(() => ID, { description: "Deletes a picture for good and returns its id. CONFLICT while a session uses it." })
  deleteImage(@IdArg("id", "picture") id: string, @Ctx() { sessions }: ApiContext): Promise<string> {
    return sessions.deleteImage(requireId("id", id));
  }
}
