import { Ctx, Field, FieldResolver, ID, InputType, Int, Resolver, Root } from "type-graphql";
import type { ModelInfo } from "../records/model.js";
import type { ImageRecord } from "../records/pictures.js";
import type { TranslationRecord } from "../records/session.js";
import type { TranslationInput as StartInput } from "../sessions/start-input.js";
import type { ApiContext } from "./context.js";
import { Image } from "./images.js";
import { Model } from "./models.js";
import { imageOfSession } from "./session-fields.js";
import { TranslationSession } from "./session-types.js";

@InputType()
export class TranslationInput implements StartInput {
  @Field(() => ID)
  model!: string;

  @Field(() => ID, { nullable: true, description: "Translate this one picture; leave out to send frames with sendFrame." })
  imageId?: string | null;

  @Field(() => String, { nullable: true })
  title?: string | null;

  @Field(() => Int, { nullable: true, description: "Longer side of the result in pixels; the model's native size by default." })
  size?: number | null;
}

/** Fields of a translation that are not stored with it. */
@Resolver(() => TranslationSession)
export class TranslationFieldsResolver {
  @FieldResolver(() => Model)
  async model(@Root() { settings }: TranslationRecord, @Ctx() { models }: ApiContext): Promise<ModelInfo> {
    return (await models.find(settings.model)) ?? missingModel(settings);
  }

  @FieldResolver(() => Image, { nullable: true, description: "The picture to translate; null where frames are sent one by one." })
  async source(@Root() { sourceId }: TranslationRecord, @Ctx() context: ApiContext): Promise<ImageRecord | null> {
    return sourceId === null ? null : imageOfSession(sourceId, context);
  }
}

/** A model that this server no longer has, with what its session recorded, so that history stays readable. */
function missingModel({ model, family, size }: TranslationRecord["settings"]): ModelInfo {
  const unknown = "no longer known";
  return {
    id: model,
    title: model,
    task: "TRANSLATION",
    family,
    state: "FAILED",
    size,
    minSize: null,
    takes: null,
    parameters: 0,
    bytes: 0,
    licence: unknown,
    source: unknown,
    downloadProgress: null,
    failure: "This server no longer has this model.",
    willRetry: false,
    removed: true,
  };
}
