import { Arg, Ctx, Field, FieldResolver, Float, ID, Int, Mutation, ObjectType, Query, Resolver, Root, Subscription } from "type-graphql";
import type { ModelInfo } from "../records/model.js";
import { Feed } from "../sessions/watch/feed.js";
import type { ApiContext } from "./context.js";
import { ModelFamily, ModelState, ModelTask, PictureKind } from "./enums.js";

@ObjectType()
export class Model implements ModelInfo {
  @Field(() => ID, { description: "Lower-case letters, digits and hyphens." })
  id!: string;

  @Field(() => String)
  title!: string;

  @Field(() => ModelTask)
  task!: ModelTask;

  @Field(() => ModelFamily)
  family!: ModelFamily;

  @Field(() => ModelState)
  state!: ModelState;

  @Field(() => Int, {
    description: "Native input size in pixels; translations work at other sizes too where the network allows it.",
  })
  size!: number;

  @Field(() => Int, { nullable: true, description: "Smallest size in pixels that a translation may ask for; null for feature networks." })
  minSize!: number | null;

  @Field(() => PictureKind, { nullable: true, description: "What pictures a translator was made for; null for feature networks." })
  takes!: PictureKind | null;

  @Field(() => Int)
  parameters!: number;

  @Field(() => Int)
  bytes!: number;

  @Field(() => String)
  licence!: string;

  @Field(() => String)
  source!: string;

  @Field(() => Float, { nullable: true, description: "0..1 while DOWNLOADING." })
  downloadProgress!: number | null;

  @Field(() => String, { nullable: true, description: "Why it is FAILED." })
  failure!: string | null;

  @Field(() => Boolean, {
    description:
      "It is FAILED because the network or the server that has it was, or its file is bad, and is fetched again when a session names it.",
  })
  willRetry!: boolean;

  @Field(() => Boolean, { description: "Its folder was removed: it is in no list any more. Told once by the subscription." })
  removed!: boolean;
}

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => [Model])
  async models(
    @Arg("task", () => ModelTask, { nullable: true }) task: ModelTask | null,
    @Ctx() { models }: ApiContext,
  ): Promise<ModelInfo[]> {
    const all = await models.list();
    return task ? all.filter((model) => model.task === task) : all;
  }

  @Query(() => Model, { nullable: true })
  async model(@Arg("id", () => ID) id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo | null> {
    return models.find(id);
  }

  @FieldResolver(() => Boolean, { description: "Style transfers that name no model use it." })
  async isDefault(@Root() { id, task, state }: ModelInfo, @Ctx() { models }: ApiContext): Promise<boolean> {
    return task === "FEATURES" && state === "READY" && (await models.defaultFeatures()) === id;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Path on this server of what the model made of an example; null where it brings none.",
  })
  preview(@Root() { id }: ModelInfo, @Ctx() context: ApiContext): Promise<string | null> {
    return picturePath(id, "preview", context);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Path on this server of a sheet of samples; null where the model brings none.",
  })
  sheet(@Root() { id }: ModelInfo, @Ctx() context: ApiContext): Promise<string | null> {
    return picturePath(id, "sheet", context);
  }

  @Mutation(() => Model, {
    description:
      "Begins to fetch a model that is AVAILABLE, or FAILED for want of its file, or checks the folder of one that was\n" +
      "dropped in once more; one that is READY or DOWNLOADING stays as it is. UNAVAILABLE where it cannot be fetched.",
  })
  downloadModel(@Arg("id", () => ID) id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo> {
    return models.download(id);
  }

  @Mutation(() => Model, {
    description:
      "Ends a download; sessions that wait for it fail. What came is kept, so that the next one goes on from there.\n" +
      "CONFLICT for a model that is not DOWNLOADING.",
  })
  cancelDownload(@Arg("id", () => ID) id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo> {
    return models.cancelDownload(id);
  }
}

async function picturePath(id: string, kind: "preview" | "sheet", { models }: ApiContext): Promise<string | null> {
  return (await models.picture(id, kind)) === null ? null : `/models/${id}/${kind}`;
}

@Resolver()
export class ModelsSubscription {
  @Subscription(() => Model, {
    description: "Models as they come, change state and go, and while they are DOWNLOADING at each hundredth of the progress.",
    subscribe: ({ context }: { context: ApiContext }) => Feed.open<ModelInfo>((feed) => context.models.watch((model) => feed.offer(model))),
  })
  models(@Root() model: ModelInfo): ModelInfo {
    return model;
  }
}
