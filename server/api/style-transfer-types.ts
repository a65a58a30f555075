import { Field, Float, ID, InputType, Int, ObjectType } from "type-graphql";
import type { LayerWeight as LayerWeightValue, StyleTransferSettings as SettingsValue } from "../records/settings.js";
import type { ImageRecord } from "../records/session.js";
import type { StyleTransferInput as StartInput } from "../sessions/style-transfer-input.js";
import { InitialImage, type InitialImageName, OptimizerKind, type OptimizerName } from "./enums.js";
import { Image } from "./images.js";

@ObjectType()
export class LayerWeight implements LayerWeightValue {
  @Field(() => String)
  layer!: string;

  @Field(() => Float)
  weight!: number;
}

@ObjectType()
export class StyleSource {
  @Field(() => Image)
  image!: ImageRecord;

  @Field(() => Float)
  weight!: number;
}

@ObjectType()
export class StyleTransferSettings implements SettingsValue {
  @Field(() => Float, { description: "Weight of the content term." })
  alpha!: number;

  @Field(() => Float, { description: "Weight of the style term." })
  beta!: number;

  @Field(() => Float, { description: "Weight of total variation." })
  gamma!: number;

  @Field(() => [LayerWeight])
  contentLayers!: LayerWeight[];

  @Field(() => [LayerWeight], { description: "By default the weights fall exponentially from shallow to deep." })
  styleLayers!: LayerWeight[];

  @Field(() => OptimizerKind)
  optimizer!: OptimizerName;

  @Field(() => Float)
  learningRate!: number;

  @Field(() => Int, { description: "Total over all scales." })
  steps!: number;

  @Field(() => Int, { description: "Longer side of the result in pixels." })
  size!: number;

  @Field(() => Int, { description: "Coarse-to-fine scales, 1 = off." })
  scales!: number;

  @Field(() => InitialImage)
  initialImage!: InitialImageName;

  @Field(() => Int)
  seed!: number;

  @Field(() => Boolean)
  preserveColors!: boolean;

  @Field(() => ID, { description: "Id of the feature network: what was asked for, else vgg19 where it is READY, else the best that is." })
  model!: string;
}

@InputType()
export class LayerWeightInput implements LayerWeightValue {
  @Field(() => String)
  layer!: string;

  @Field(() => Float)
  weight!: number;
}

@InputType()
export class StyleSourceInput {
  @Field(() => ID)
  imageId!: string;

  @Field(() => Float, { defaultValue: 1 })
  weight!: number;
}

/** A field that is left out or null gets its default, which `server/art/settings.ts` has. */
@InputType()
export class StyleTransferInput implements StartInput {
  @Field(() => ID)
  contentId!: string;

  @Field(() => [StyleSourceInput])
  styles!: StyleSourceInput[];

  @Field(() => String, { nullable: true })
  title?: string | null;

  @Field(() => Float, { nullable: true })
  alpha?: number | null;

  @Field(() => Float, { nullable: true })
  beta?: number | null;

  @Field(() => Float, { nullable: true })
  gamma?: number | null;

  @Field(() => [LayerWeightInput], { nullable: true })
  contentLayers?: LayerWeightInput[] | null;

  @Field(() => [LayerWeightInput], { nullable: true })
  styleLayers?: LayerWeightInput[] | null;

  @Field(() => OptimizerKind, { nullable: true })
  optimizer?: OptimizerName | null;

  @Field(() => Float, { nullable: true })
  learningRate?: number | null;

  @Field(() => Int, { nullable: true })
  steps?: number | null;

  @Field(() => Int, { nullable: true })
  size?: number | null;

  @Field(() => Int, { nullable: true })
  scales?: number | null;

  @Field(() => InitialImage, { nullable: true })
  initialImage?: InitialImageName | null;

  @Field(() => Int, { nullable: true })
  seed?: number | null;

  @Field(() => Boolean, { nullable: true })
  preserveColors?: boolean | null;

  @Field(() => ID, { nullable: true })
  model?: string | null;
}
