import { Bell } from "./bell.js";

/** Models as they change. A slow reader gets each model's newest state once. */
export class ModelFeed<Model extends { id: string }> implements AsyncIterableIterator<Model> {
  private readonly pending = new Map<string, Model>();
  private readonly bell = new Bell();
  private readonly unwatch: () => void;
  private closed = false;

  /** @param watch calls its listener at each change, until the function is called that it answers. */
  constructor(watch: (listener: (model: Model) => void) => () => void) {
    this.unwatch = watch((model) => {
      // Taken out and put in again, so that the order is that of the newest changes.
      this.pending.delete(model.id);
      this.pending.set(model.id, model);
      this.bell.ring();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Model>> {
    while (!this.closed) {
      const [model] = this.pending.values();
      if (model) {
        this.pending.delete(model.id);
        return { done: false, value: model };
      }
      await this.bell.wait();
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Model>> {
    if (!this.closed) {
      this.closed = true;
      this.unwatch();
      this.pending.clear();
      this.bell.ring();
    }
    return { done: true, value: undefined };
  }
}
