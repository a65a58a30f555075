import type { ModelInfo } from "../records/model.js";
import type { ModelCard } from "./card.js";

/** What is known of a model before its file is there. */
export type ModelFacts = Pick<
  ModelCard,
  "id" | "title" | "task" | "family" | "size" | "parameters" | "bytes" | "licence" | "source" | "architecture" | "translation" | "takes"
>;

/** A model as the list shows it. */
export interface Model extends ModelInfo, Pick<ModelCard, "architecture" | "translation"> {}

/** A model whose file has been verified. */
export interface ModelFile {
  card: ModelCard;
  /** Absolute. */
  path: string;
}
