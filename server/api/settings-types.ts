import { Field, Float, ID, InputType, Int, ObjectType } from "type-graphql";
import type { ChangeInput, ImageReference, Weighted } from "../records/changes.js";
import type { ImageRecord } from "../records/pictures.js";
import {
  type LayerWeight as LayerWeightValue,
  type Setting,
  type SettingName,
  type StyleTransferSettings as SettingsValue,
  type SteerableSettings,
  settingNames,
  steerableNames,
  styleTransferSettings,
} from "../records/settings.js";
import type { StyleTransferInput as StartInput } from "../sessions/start-input.js";
import { type FieldDeclaration, type FieldDeclarations, inputType, objectType } from "./declare.js";
import { choiceEnums } from "./enums.js";
import { Image } from "./images.js";
import { DateTime } from "./scalars.js";

@ObjectType()
export class LayerWeight implements LayerWeightValue {
  @Field(() => String)
  layer!: string;

  @Field(() => Float)
  weight!: number;
}

@InputType()
export class LayerWeightInput implements LayerWeightValue {
  @Field(() => String)
  layer!: string;

  @Field(() => Float)
  weight!: number;
}

@ObjectType()
export class StyleSource implements Weighted<{ image: ImageRecord }> {
  @Field(() => Image)
  image!: ImageRecord;

  @Field(() => Float)
  weight!: number;
}

@InputType()
export class StyleSourceInput implements Weighted<ImageReference> {
  @Field(() => ID)
  imageId!: string;

  @Field(() => Float, { defaultValue: 1 })
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
    return [name, { type: () => graphqlType(setting, layers), nullable, description: describe(setting) }];
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
function rangeAndDefault(setting: Setting): string {
  if (setting.kind === "number") return `${setting.description} ${range(setting)}; ${setting.default} by default.`;
  return setting.kind === "choice" || setting.kind === "flag"
    ? `${setting.description} ${setting.default} by default.`
    : setting.description;
}

/** The meaning of a setting with its range. */
function meaningAndRange(setting: Setting): string {
  return setting.kind === "number" ? `${setting.description} ${range(setting)}.` : setting.description;
}

function range({ min, max }: { min: number; max: number }): string {
  return `From ${min} to ${max}`;
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
    styles: { type: () => [StyleSourceInput], description: "Images whose style the result takes on, by their weights." },
    title: { type: () => String, nullable: true },
    ...settingFields(settingNames, LayerWeightInput, rangeAndDefault, true),
  },
);

export const SteerInput = inputType<ChangeInput>(
  "SteerInput",
  "Changes to a session that is not finished. What is left out or null stays as it is.",
  {
    styles: { type: () => [StyleSourceInput], nullable: true, description: "Replaces all styles." },
    ...settingFields(steerableNames, LayerWeightInput, meaningAndRange, true),
  },
);

/** A recorded change with its images; a setting is null where the change left it alone. */
export interface SettingsChangeValue extends Partial<SteerableSettings> {
  step: number | null;
  createdAt: Date;
  styles: StyleSource[] | null;
}

export const SettingsChange = objectType<SettingsChangeValue>(
  "SettingsChange",
  "A recorded change of settings: what is null stayed as it was.",
  {
    step: {
      type: () => Int,
      nullable: true,
      description: "The first picture that was evaluated with it; null while the device has yet to reach one.",
    },
    createdAt: { type: () => DateTime },
    styles: { type: () => [StyleSource], nullable: true },
    ...settingFields(steerableNames, LayerWeight, meaning, true),
  } satisfies FieldDeclarations<SettingsChangeValue>,
);
