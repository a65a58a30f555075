import { Ctx, Field, FieldResolver, ID, InputType, Int, Resolver, Root } from "type-graphql";
import type { ModelInfo } from "../records/model.js";
import type { ImageRecord } from "../records/pictures.js";
import type { TranslationRecord } from "../records/session.js";
import { lifetime, styleTransferLimits, translationSize } from "../records/settings.js";
import type { TranslationInput as StartInput } from "../sessions/start-input.js";
import type { ApiContext } from "./context.js";
import { expiresInDescription, InRange } from "./declare.js";
import { Image } from "./images.js";
import { Model } from "./models.js";
import type { OperationContext } from "./operation.js";
import { imageOfSession } from "./session-fields.js";
import { TranslationSession } from "./session-types.js";

@InputType({ description: "A translation to start. What is left out or null gets its default." })
export class TranslationInput implements StartInput {
  @Field(() => ID, { description: "Id of a translator." })
  model!: string;

  @Field(() => ID, {
    nullable: true,
    description: "Picture to translate. Leave it out for a live translation, whose frames come by sendFrame.",
  })
  imageId?: string | null;

  @Field(() => String, { nullable: true, description: `At most ${styleTransferLimits.maxTitleLength} characters.` })
  title?: string | null;

  @InRange(translationSize)
  @Field(() => Int, {
    nullable: true,
    description:
      `Longer side of the result in pixels. From ${translationSize.min}, or the model's minSize if that is larger, to ` +
      `${translationSize.max}, or\n` +
      "ServerInfo.maxSize for a live translation. The model's native size by default.",
  })
  size?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Name of the lasting output that shows this translation from now on, at /live/out/<name> and in the subscription\n" +
      "liveOutput. 1 to 48 small letters, digits, hyphens and underscores, the first a letter or digit.",
  })
  output?: string | null;

  @InRange(lifetime)
  @Field(() => Int, { nullable: true, description: expiresInDescription })
  expiresIn?: number | null;
}

/** Fields of a translation that are not stored with it. */
@Resolver(() => TranslationSession)
export class TranslationFieldsResolver {
  @FieldResolver(() => Model, { description: "Model that translates." })
  async model(@Root() { settings }: TranslationRecord, @Ctx() { models }: ApiContext): Promise<ModelInfo> {
    return (await models.find(settings.model)) ?? missingModel(settings);
  }

  @FieldResolver(() => String, { nullable: true, description: "Name of the lasting output that shows the translation; null for none." })
  output(@Root() { settings }: TranslationRecord): string | null {
    return settings.output;
  }

  @FieldResolver(() => Image, { nullable: true, description: "Picture to translate; null for a live translation." })
  async source(@Root() { sourceId }: TranslationRecord, @Ctx() context: OperationContext): Promise<ImageRecord | null> {
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
