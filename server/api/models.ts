import { Arg, Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { ApiContext, ModelInfo } from "./context.js";
import { ModelFamily, type ModelFamilyName, ModelState, type ModelStateName, ModelTask, type ModelTaskName } from "./enums.js";

@ObjectType()
export class Model implements ModelInfo {
  @Field(() => ID, { description: "Lower-case letters, digits and hyphens." })
  id!: string;

  @Field(() => String)
  title!: string;

  @Field(() => ModelTask)
  task!: ModelTaskName;

  @Field(() => ModelFamily)
  family!: ModelFamilyName;

  @Field(() => ModelState)
  state!: ModelStateName;

  @Field(() => Int, {
    description: "Native input size in pixels; translations work at other sizes too where the network allows it.",
  })
  size!: number;

  @Field(() => Int, { nullable: true, description: "Smallest size in pixels that a translation may ask for; null for feature networks." })
  minSize!: number | null;

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
}

@Resolver(() => Model)
export class ModelResolver {
  @Query(() => [Model])
  async models(
    @Arg("task", () => ModelTask, { nullable: true }) task: ModelTaskName | null,
    @Ctx() { models }: ApiContext,
  ): Promise<ModelInfo[]> {
    const all = await models.list();
    return task ? all.filter((model) => model.task === task) : all;
  }

  @Query(() => Model, { nullable: true })
  async model(@Arg("id", () => ID) id: string, @Ctx() { models }: ApiContext): Promise<ModelInfo | null> {
    return models.find(id);
  }
}
