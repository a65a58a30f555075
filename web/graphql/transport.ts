import type { ServerError } from "./execute";

/** An operation as it goes to the server. */
export interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

/** One result of an operation. */
export interface OperationResult<Result> {
  data?: Result | null;
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[];
}

/** The page's connection for subscriptions, which is open while there is at least one. */
export interface Transport {
  readonly isConnected: boolean;
  /** Calls `listener` at each connection; returns a function that ends this. */
  onConnected(listener: () => void): () => void;
  /** The results of an operation. Throws what `refusalOf` knows for a refusal, and something else for a lost connection. */
  iterate<Result>(operation: Operation): AsyncGenerator<OperationResult<Result>>;
  /** The refusal that an error of `iterate` means; null when the connection is lost. */
  refusalOf(error: unknown): ServerError | null;
  /** Resolves when the server has begun all operations that were iterated before, or none of them waits any more. */
  begun(): Promise<void>;
  /** Whether it also carries queries and mutations, in the order in which they are iterated. */
  readonly takesAll: boolean;
}
