import type { ModelCard } from "./card.js";

/** What is known of a model before its file is there. */
export type ModelFacts = Pick<
  ModelCard,
  "id" | "title" | "task" | "family" | "size" | "parameters" | "bytes" | "licence" | "source" | "architecture" | "translation" | "takes"
>;

/** A model as the list shows it. */
export interface Model extends ModelFacts {
  state: "READY" | "AVAILABLE" | "DOWNLOADING" | "FAILED";
  /** Of both sides of a picture to translate, px; null for feature networks. */
  minSize: number | null;
  /** 0..1 while DOWNLOADING, else null. */
  downloadProgress: number | null;
  /** Why it is FAILED, else null. */
  failure: string | null;
  /** FAILED, and fetched again when a session names it: for want of a network or server, or in place of a bad file. */
  willRetry: boolean;
  /** In the last that is told of a model whose folder was removed: it is in no list any more. */
  removed: boolean;
}

/** A model whose file has been verified. */
export interface ModelFile {
  card: ModelCard;
  /** Absolute. */
  path: string;
}
