import { Field, Float, InputType, Int, ObjectType } from "type-graphql";
import { requireId } from "../sessions/ids.js";
import type { SteeringInput } from "../sessions/steering-input.js";
import { DateTime } from "./scalars.js";
import { LayerWeight, LayerWeightInput, StyleSource, StyleSourceInput } from "./style-transfer-types.js";

@InputType({ description: "What may change while a session runs; what is left out stays as it is." })
export class SteerInput implements SteeringInput {
  @Field(() => Float, { nullable: true })
  alpha?: number | null;

  @Field(() => Float, { nullable: true })
  beta?: number | null;

  @Field(() => Float, { nullable: true })
  gamma?: number | null;

  @Field(() => [LayerWeightInput], { nullable: true })
  styleLayers?: LayerWeightInput[] | null;

  @Field(() => [StyleSourceInput], { nullable: true })
  styles?: StyleSourceInput[] | null;

  @Field(() => Float, { nullable: true })
  learningRate?: number | null;

  @Field(() => Int, { nullable: true })
  steps?: number | null;
}

@ObjectType({ description: "A recorded change of settings: what is null stayed as it was." })
export class SettingsChange {
  @Field(() => Int, {
    nullable: true,
    description: "The first picture that was evaluated with it; null while the device has yet to reach one.",
  })
  step!: number | null;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => Float, { nullable: true })
  alpha?: number | null;

  @Field(() => Float, { nullable: true })
  beta?: number | null;

  @Field(() => Float, { nullable: true })
  gamma?: number | null;

  @Field(() => [LayerWeight], { nullable: true })
  styleLayers?: LayerWeight[] | null;

  @Field(() => [StyleSource], { nullable: true })
  styles?: StyleSource[] | null;

  @Field(() => Float, { nullable: true })
  learningRate?: number | null;

  @Field(() => Int, { nullable: true })
  steps?: number | null;
}

/** @throws AtelierError BAD_INPUT for a style's id that is none. */
export function requireStyleIds(changes: SteerInput): SteeringInput {
  for (const [index, { imageId }] of (changes.styles ?? []).entries()) requireId(`changes.styles.${index}.imageId`, imageId);
  return changes;
}
