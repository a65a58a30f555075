import { Arg, Ctx, Field, FieldResolver, Float, ID, Int, Mutation, ObjectType, Query, Resolver, Root, Subscription } from "type-graphql";
import type { ModelInfo } from "../records/model.js";
import { Feed } from "../sessions/watch/feed.js";
import type { ApiContext } from "./context.js";
import { IdArg } from "./declare.js";
import { ModelFamily, ModelState, ModelTask, PictureKind } from "./enums.js";

@ObjectType({ description: "A model: a feature model for paintings, or a translator." })
export class Model implements ModelInfo {
  @Field(() => ID, { description: "Name of the model's folder: lower-case letters, digits, hyphens and underscores." })
  id!: string;

  @Field(() => String, { description: "Name to show." })
  title!: string;

  @Field(() => ModelTask, { description: "What the model is for." })
  task!: ModelTask;

  @Field(() => ModelFamily, { description: "Family of the model." })
  family!: ModelFamily;

  @Field(() => ModelState, { description: "Whether the model can be used now." })
  state!: ModelState;

  @Field(() => Int, {
    description: "Native input size in pixels. A translator works at other sizes too where its network allows it.",
  })
  size!: number;

  @Field(() => Int, { nullable: true, description: "Smallest size in pixels that a translation may have; null for feature models." })
  minSize!: number | null;

  @Field(() => PictureKind, { nullable: true, description: "Kind of picture that a translator was made for; null for feature models." })
  takes!: PictureKind | null;

  @Field(() => Int, { description: "Number of trained values." })
  parameters!: number;

  @Field(() => Int, { description: "Size of the file in bytes." })
  bytes!: number;

  @Field(() => String, { description: "Licence of the weights." })
  licence!: string;

  @Field(() => String, { description: "Where the weights come from." })
  source!: string;

  @Field(() => Float, { nullable: true, description: "From 0 to 1 while DOWNLOADING, else null." })
  downloadProgress!: number | null;

  @Field(() => String, { nullable: true, description: "Why the model is FAILED, else null." })
  failure!: string | null;

  @Field(() => Boolean, {
    description: "Whether a session that names this FAILED model downloads it again: a network, a server or a bad file was the cause.",
  })
  willRetry!: boolean;

  @Field(() => Boolean, {
    description: "Whether the folder of the model was removed. Only its last event in the models subscription has true.",
  })
  removed!: boolean;
}

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => [Model], { description: "All models of this server." })
  async models(
    @Arg("task", () => ModelTask, { nullable: true, description: "Only models for this task." }) task: ModelTask | null,
    @Ctx() { models }: ApiContext,
  ): Promise<ModelInfo[]> {
    const all = await models.list();
    return task ? all.filter((model) => model.task === task) : all;
  }

  @Query(() => Model, { nullable: true, description: "The model with this id, or with the former form of it; null when there is none." })
  async model(@IdArg("id", "model") id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo | null> {
    return models.find(id);
  }

  @FieldResolver(() => Boolean, { description: "Whether style transfers that name no model use this one." })
  async isDefault(@Root() { id, task, state }: ModelInfo, @Ctx() { models }: ApiContext): Promise<boolean> {
    return task === "FEATURES" && state === "READY" && (await models.defaultFeatures()) === id;
  }

  @FieldResolver(() => Boolean, {
    description:
      "Whether downloadModel would start something now: a download, or another check of a folder that was dropped in. False\n" +
      "for READY and DOWNLOADING models, and for all that would have to be downloaded where ATELIER_OFFLINE forbids it.",
  })
  downloadable(@Root() { id }: ModelInfo, @Ctx() { models }: ApiContext): boolean {
    return models.isDownloadable(id);
  }

  @FieldResolver(() => [String], {
    description: "Names of the layers that contentLayers and styleLayers may have, shallow to deep; none for translators.",
  })
  layers(@Root() { id }: ModelInfo, @Ctx() { layersOf }: ApiContext): Promise<string[]> {
    return layersOf(id);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Path on this server of an example that the model made; null for none.",
  })
  preview(@Root() { id }: ModelInfo, @Ctx() context: ApiContext): Promise<string | null> {
    return picturePath(id, "preview", context);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Path on this server of a sheet of samples; null for none.",
  })
  sheet(@Root() { id }: ModelInfo, @Ctx() context: ApiContext): Promise<string | null> {
    return picturePath(id, "sheet", context);
  }

  @Mutation(() => Model, {
    description:
      "Starts to download an AVAILABLE model, or a FAILED one that can be downloaded. For a FAILED model that was dropped\n" +
      "in, checks its folder again. A READY or DOWNLOADING model stays as it is. UNAVAILABLE when a download is impossible.",
  })
  downloadModel(@IdArg("id", "model") id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo> {
    return models.download(id);
  }

  @Mutation(() => Model, {
    description:
      "Ends a download; sessions that wait for it fail. The next download continues where this one ended.\n" +
      "CONFLICT for a model that is not DOWNLOADING.",
  })
  cancelDownload(@IdArg("id", "model") id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo> {
    return models.cancelDownload(id);
  }
}

async function picturePath(id: string, kind: "preview" | "sheet", { models }: ApiContext): Promise<string | null> {
  return (await models.picture(id, kind)) === null ? null : `/models/${id}/${kind}`;
}

@Resolver()
export class ModelsSubscription {
  @Subscription(() => Model, {
    description: "Models as they appear, change state and disappear, and while DOWNLOADING at each hundredth of the progress.",
    subscribe: ({ context }: { context: ApiContext }) => Feed.open<ModelInfo>((feed) => context.models.watch((model) => feed.offer(model))),
  })
  models(@Root() model: ModelInfo): ModelInfo {
    return model;
  }
}
