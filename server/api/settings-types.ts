import { Field, Float, ID, InputType, Int, ObjectType } from "type-graphql";
import type { ChangeInput, ImageReference, RecordedChange, Weighted } from "../records/changes.js";
import type { ImageRecord } from "../records/pictures.js";
import {
  type LayerWeight as LayerWeightValue,
  lifetime,
  type Setting,
  type SettingName,
  type StyleTransferSettings as SettingsValue,
  type SteerableSettings,
  settingNames,
  steerableNames,
  styleTransferLimits,
  styleTransferSettings,
} from "../records/settings.js";
import type { StyleTransferInput as StartInput } from "../sessions/start-input.js";
import { expiresInDescription, type FieldDeclaration, InRange, inputType, objectType, rangeAndDefault, rangeText } from "./declare.js";
import { choiceEnums } from "./enums.js";
import { Image } from "./images.js";
import { DateTime } from "./scalars.js";

@ObjectType({ description: "A layer of the feature model with its weight within a term." })
export class LayerWeight implements LayerWeightValue {
  @Field(() => String, { description: "Name of the layer, such as conv4_2." })
  layer!: string;

  @Field(() => Float, { description: "Weight relative to the other layers of the term." })
  weight!: number;
}

@InputType({ description: "A layer of the feature model with its weight within a term." })
export class LayerWeightInput implements LayerWeightValue {
  @Field(() => String, { description: "Name of the layer, such as conv4_2." })
  layer!: string;

  @InRange({ min: 0, max: styleTransferLimits.maxLayerWeight, integer: false })
  @Field(() => Float, { description: `Weight relative to the other layers of the term. From 0 to ${styleTransferLimits.maxLayerWeight}.` })
  weight!: number;
}

@ObjectType({ description: "A style picture with its weight." })
export class StyleSource implements Weighted<{ image: ImageRecord }> {
  @Field(() => Image, { description: "The style picture." })
  image!: ImageRecord;

  @Field(() => Float, { description: "Weight relative to the other styles." })
  weight!: number;
}

@InputType({ description: "A style picture with its weight." })
export class StyleSourceInput implements Weighted<ImageReference> {
  @Field(() => ID, { description: "Id of an uploaded or kept picture." })
  imageId!: string;

  @InRange({ min: 0, max: styleTransferLimits.maxStyleWeight, integer: false })
  @Field(() => Float, {
    defaultValue: 1,
    description: `Weight relative to the other styles. From 0 to ${styleTransferLimits.maxStyleWeight}.`,
  })
  weight!: number;
}

/** Fields of settings, made from their table. `layers` is the GraphQL type of a layer with its weight. */
function settingFields<Name extends SettingName>(
  names: readonly Name[],
  layers: typeof LayerWeight | typeof LayerWeightInput,
  describe: (setting: Setting) => string,
  nullable = false,
): Record<Name, FieldDeclaration> {
  const fields = names.map((name): [Name, FieldDeclaration] => {
    const setting: Setting = styleTransferSettings[name];
    const range = setting.kind === "number" ? setting : undefined;
    return [name, { type: () => graphqlType(setting, layers), nullable, description: describe(setting), range }];
  });
  return Object.fromEntries(fields) as Record<Name, FieldDeclaration>;
}

function graphqlType(setting: Setting, layers: typeof LayerWeight | typeof LayerWeightInput) {
  switch (setting.kind) {
    case "number":
      return setting.integer ? Int : Float;
    case "layers":
      return [layers];
    case "choice":
      return choiceEnums[setting.type]!;
    case "flag":
      return Boolean;
    case "model":
      return ID;
  }
}

const meaning = ({ description }: Setting) => description;

/** The meaning of a setting with its range and default. */
function meaningRangeAndDefault(setting: Setting): string {
  if (setting.kind === "number") return `${setting.description} ${rangeAndDefault(setting)}`;
  return setting.kind === "choice" || setting.kind === "flag"
    ? `${setting.description} ${setting.default} by default.`
    : setting.description;
}

/** The meaning of a setting with its range. */
function meaningAndRange(setting: Setting): string {
  return setting.kind === "number" ? `${setting.description} ${rangeText(setting)}` : setting.description;
}

export const StyleTransferSettings = objectType<SettingsValue>(
  "StyleTransferSettings",
  "Complete settings of a style transfer.",
  settingFields(settingNames, LayerWeight, meaning),
);

export const StyleTransferInput = inputType<StartInput>(
  "StyleTransferInput",
  "A style transfer to start. A setting that is left out or null gets its default.",
  {
    contentId: { type: () => ID, description: "Image whose shapes the result keeps." },
    styles: {
      type: () => [StyleSourceInput],
      description: `Images whose style the result takes on, by their weights. From 1 to ${styleTransferLimits.maxStyles}.`,
    },
    title: { type: () => String, nullable: true, description: `At most ${styleTransferLimits.maxTitleLength} characters.` },
    expiresIn: { type: () => Int, nullable: true, description: expiresInDescription, range: lifetime },
    ...settingFields(settingNames, LayerWeightInput, meaningRangeAndDefault, true),
  },
);

export const SteerInput = inputType<ChangeInput>(
  "SteerInput",
  "Changes to a session that has not ended. What is left out or null stays as it is.",
  {
    styles: { type: () => [StyleSourceInput], nullable: true, description: "Replaces all styles." },
    ...settingFields(steerableNames, LayerWeightInput, meaningAndRange, true),
  },
);

export const SettingsChange = objectType<
  Pick<RecordedChange, "step" | "createdAt"> & Partial<SteerableSettings> & { styles: StyleSource[] | null }
>("SettingsChange", "A recorded change of settings. What is null stayed as it was.", {
  step: {
    type: () => Int,
    nullable: true,
    description: "First step that was evaluated with the change; null until the device reaches it.",
  },
  createdAt: { type: () => DateTime, description: "When the change was accepted." },
  styles: { type: () => [StyleSource], nullable: true, description: "All styles from the change on." },
  ...settingFields(steerableNames, LayerWeight, meaning, true),
});
