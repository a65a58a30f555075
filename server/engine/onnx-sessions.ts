import type { InferenceSession } from "onnxruntime-node";
import { elementCount, type Tensor } from "../graph/tensor.js";

/** Values by the names of a graph's inputs. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** The sessions of ONNX Runtime behind one program. */
export interface Sessions {
  /** Has `work` done with the session for inputs of these sizes, open until then. */
  use<Result>(inputs: Inputs, work: (session: InferenceSession) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** One session for every size. */
export class OneSession implements Sessions {
  constructor(private readonly session: InferenceSession) {}

  use<Result>(_inputs: Inputs, work: (session: InferenceSession) => Promise<Result>): Promise<Result> {
    return work(this.session);
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** Sizes that stay open; each session keeps its own copy of the weights and the memory that its runs needed. */
const SIZES_KEPT = 3;

/** Values of all inputs above which sizes share one session, for the memory's sake: a picture of about 640 x 640 px. */
const MOST_VALUES = 2 ** 21;

const FREE_SIZES = "free";

/** A session for each size, opened when it is first run, and one for all pictures that are large. Uses wait for each other. */
export class SessionPerSize implements Sessions {
  readonly #sessions = new Map<string, InferenceSession>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param open a session for inputs of these sizes, or for those of any size. */
  constructor(private readonly open: (sizes: Inputs | null) => Promise<InferenceSession>) {}

  use<Result>(inputs: Inputs, work: (session: InferenceSession) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => work(await this.#sessionFor(inputs)));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      for (const session of this.#sessions.values()) await session.release();
      this.#sessions.clear();
    });
  }

  async #sessionFor(inputs: Inputs): Promise<InferenceSession> {
    const shapes = Object.values(inputs).map(({ shape }) => shape);
    const isLarge = shapes.reduce((sum, shape) => sum + elementCount(shape), 0) > MOST_VALUES;
    const key = isLarge ? FREE_SIZES : shapes.join(";");
    const session = this.#sessions.get(key) ?? (await this.open(isLarge ? null : inputs));
    // The most recently used stand last.
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    for (const [old, unused] of [...this.#sessions].slice(0, -SIZES_KEPT)) {
      this.#sessions.delete(old);
      await unused.release();
    }
    return session;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    // Who asked for the turn before is told of its failure.
    const turn = this.#turn.then(work, work);
    this.#turn = turn;
    return turn;
  }
}
