import { type DocumentNode, type GraphQLError, type GraphQLSchema, validate } from "graphql";
import { limitErrors, parseWithinLimits } from "./query-limits.js";

/** Documents that are kept, and the longest of them, characters: about 10 MB at the most. */
const [MOST_KEPT, LONGEST_KEPT] = [100, 4000];

/** Parses and checks documents, each once: a live translation sends the same one thirty times a second. */
export class KnownOperations {
  /** Good ones by their text; the most recently used stand last. */
  private readonly known = new Map<string, DocumentNode>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** The document, or what is wrong with it. @throws GraphQLError when it is too long or not GraphQL. */
  check(query: string): DocumentNode | readonly GraphQLError[] {
    const found = this.known.get(query);
    const document = found ?? parseWithinLimits(query);
    if (!found) {
      const tooMuch = limitErrors(this.schema, document);
      const errors = tooMuch.length > 0 ? tooMuch : validate(this.schema, document);
      if (errors.length > 0) return errors;
    }
    if (query.length <= LONGEST_KEPT) this.keep(query, document);
    return document;
  }

  private keep(query: string, document: DocumentNode): void {
    this.known.delete(query);
    this.known.set(query, document);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KEPT && oldest !== undefined) this.known.delete(oldest);
  }
}
