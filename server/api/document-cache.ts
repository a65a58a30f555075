import { type DocumentNode, type GraphQLError, type GraphQLSchema, validate } from "graphql";
import { limitErrors, measureOf, parseWithinLimits } from "./query-limits.js";

/** Documents that are kept, and the longest of them in characters: about 10 MB at most. */
const [MAX_KEPT, MAX_KEPT_LENGTH] = [100, 4000];

/** Parses and validates each document once: a live translation sends the same one thirty times a second. */
export class DocumentCache {
  /** Valid documents by their text, the most recently used last. */
  private readonly documents = new Map<string, DocumentNode>();
  private readonly costs = new WeakMap<DocumentNode, number>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** The document, or its errors. @throws GraphQLError when the text is too long or not GraphQL. */
  get(query: string): DocumentNode | readonly GraphQLError[] {
    const cached = this.documents.get(query);
    const document = cached ?? parseWithinLimits(query);
    if (!cached) {
      const measure = measureOf(this.schema, document);
      this.costs.set(document, measure.cost);
      const beyondLimits = limitErrors(measure);
      const errors = beyondLimits.length > 0 ? beyondLimits : validate(this.schema, document);
      if (errors.length > 0) return errors;
    }
    if (query.length <= MAX_KEPT_LENGTH) this.keep(query, document);
    return document;
  }

  /** The values that a document from here could ask for; null for another one. */
  costOf(document: DocumentNode): number | null {
    return this.costs.get(document) ?? null;
  }

  private keep(query: string, document: DocumentNode): void {
    this.documents.delete(query);
    this.documents.set(query, document);
    const [oldest] = this.documents.keys();
    if (this.documents.size > MAX_KEPT && oldest !== undefined) this.documents.delete(oldest);
  }
}
