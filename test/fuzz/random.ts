import { randomNumbers } from "../helpers/random.js";

/** Choices that are the same in every run with the same seed. */
export class Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomNumbers(seed);
  }

  /** True with a probability in 0..1. */
  chance(probability: number): boolean {
    return (this.next() + 1) / 2 < probability;
  }

  /** A whole number in 0..count - 1. */
  below(count: number): number {
    return Math.min(count - 1, Math.floor(((this.next() + 1) / 2) * count));
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error("There is nothing to pick from.");
    return value;
  }

  /** `count` times what `make` returns. */
  several<Value>(count: number, make: () => Value): Value[] {
    return Array.from({ length: count }, make);
  }
}
