/** A file in the store that servers share, by what it must be. */
export interface StoredFile {
  /** SHA-256 of its bytes, lower-case hex. */
  sha256: string;
  bytes: number;
}

/** A model that was dropped in on one machine and is shared with all. */
export interface SharedModel {
  id: string;
  file: StoredFile;
  card: StoredFile;
  /** The data folder whose server added it, which alone may replace and remove it. */
  origin: string;
  /** Name of that server's machine, for people. */
  machine: string;
}

/** What decides the outcome of a trial besides the model. */
export interface TrialKind {
  /** The kind of device, with its system: `cpu linux x64`, `webgpu darwin arm64`. */
  device: string;
  /** The version of the engine and of the checks, with the name of the graphics card where the engine knows it. */
  engine: string;
}

/** One trial: of a model, as its card describes it, on one kind of device. */
export interface TrialKey extends TrialKind {
  sha256: string;
  cardSha256: string;
}

/** The outcome of a trial, which counts for all devices of its kind. */
export type TrialVerdict = { accepted: true; parameters: number } | { accepted: false; reason: string };

/** Whether two models have the same bytes and cards. */
export function isSameModel(one: Pick<SharedModel, "file" | "card">, other: Pick<SharedModel, "file" | "card">): boolean {
  return one.file.sha256 === other.file.sha256 && one.card.sha256 === other.card.sha256;
}
