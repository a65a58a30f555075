import type { SettingsInput, SteerableName, SteerableSettings } from "./settings.js";

/** A picture with its weight among several. */
export type Weighted<Picture> = Picture & { weight: number };

/** A reference to an uploaded image. */
export interface ImageReference {
  imageId: string;
}

/** New values of a style transfer; a missing one stays as it is. `Picture` refers to a picture or holds its bytes. */
export interface Change<Picture = ImageReference> {
  settings: Partial<SteerableSettings>;
  /** Replaces all styles; null keeps them. */
  styles: Weighted<Picture>[] | null;
}

/**
 * A change whose step is known. It is in force from the evaluation of picture `step` on, so picture `step + 1` is the
 * first that it alters.
 */
export interface ChangeAtStep<Picture = ImageReference> extends Change<Picture> {
  step: number;
}

/** An accepted change, as stored. */
export interface RecordedChange extends Change {
  /** Grows in the order in which the session's changes were accepted. */
  ordinal: number;
  /** First picture that is evaluated with the change; null until the device has reached one. */
  step: number | null;
  createdAt: Date;
}

/** A change as a client asks for it; null means the same as a missing value. */
export interface ChangeInput extends SettingsInput<SteerableName> {
  styles?: Weighted<ImageReference>[] | null;
}

/** Settings and styles that a picture is evaluated with. */
export interface InForce<Settings, Styles> {
  settings: Settings;
  styles: Styles;
}

/**
 * The only rule by which a change alters what is in force: each value of the change replaces the one before, except a
 * smaller size, because a painting only grows.
 */
export function withChange<Settings extends object, Styles>(
  { settings, styles }: InForce<Settings, Styles>,
  change: { settings: object; styles: Styles | null },
): InForce<Settings, Styles> {
  return { settings: { ...settings, ...change.settings, ...sizeKept(settings, change.settings) }, styles: change.styles ?? styles };
}

function sizeKept(before: { size?: number }, change: { size?: number }): { size?: number } {
  return before.size !== undefined && change.size !== undefined && change.size < before.size ? { size: before.size } : {};
}

/**
 * What is in force at the evaluation of picture `step`: the state of step 0 with the changes through `step`, in their
 * order, without those that wait for their step.
 */
export function inForceAt<Settings extends object, Styles>(
  initial: InForce<Settings, Styles>,
  changes: readonly { step: number | null; settings: object; styles: Styles | null }[],
  step: number,
): InForce<Settings, Styles> {
  return changes.filter((change) => change.step !== null && change.step <= step).reduce<InForce<Settings, Styles>>(withChange, initial);
}
