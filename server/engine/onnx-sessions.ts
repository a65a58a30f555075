import type { InferenceSession } from "onnxruntime-node";
import { elementCount, type Tensor } from "../graph/tensor.js";

/** Values by the names of a graph's inputs. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** The inference sessions of ONNX Runtime behind one program. */
export interface InferenceSessions {
  /** Runs `work` with the session for inputs of these sizes, which stays open until the promise settles. */
  use<Result>(inputs: Inputs, work: (session: InferenceSession) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** One session for all sizes. */
export class OneInferenceSession implements InferenceSessions {
  constructor(private readonly session: InferenceSession) {}

  use<Result>(_inputs: Inputs, work: (session: InferenceSession) => Promise<Result>): Promise<Result> {
    return work(this.session);
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** How many sessions stay open. Each keeps its own copy of the weights, and the memory that its runs needed. */
const MAX_SESSIONS = 3;

/**
 * Number of values in all inputs above which sizes share one session to save memory: a picture of about 640 x 640 px.
 */
const MAX_VALUES = 2 ** 21;

/** Key of the session that large inputs share. */
const ANY_SIZE = "any";

/**
 * A session for each size, opened at its first run, and one for all large inputs. Runs wait for each other; the least
 * recently used session is closed when there are too many.
 */
export class InferenceSessionPerSize implements InferenceSessions {
  private readonly sessions = new Map<string, InferenceSession>();
  private turn: Promise<unknown> = Promise.resolve();

  /** @param open Opens a session for inputs of these sizes, or of any size for null. */
  constructor(private readonly open: (sizes: Inputs | null) => Promise<InferenceSession>) {}

  use<Result>(inputs: Inputs, work: (session: InferenceSession) => Promise<Result>): Promise<Result> {
    return this.inTurn(async () => work(await this.sessionFor(inputs)));
  }

  close(): Promise<void> {
    return this.inTurn(async () => {
      for (const session of this.sessions.values()) await session.release();
      this.sessions.clear();
    });
  }

  private async sessionFor(inputs: Inputs): Promise<InferenceSession> {
    const shapes = Object.values(inputs).map(({ shape }) => shape);
    const isLarge = shapes.reduce((sum, shape) => sum + elementCount(shape), 0) > MAX_VALUES;
    const key = isLarge ? ANY_SIZE : shapes.join(";");
    const session = this.sessions.get(key) ?? (await this.open(isLarge ? null : inputs));
    // The most recently used session is the last one.
    this.sessions.delete(key);
    this.sessions.set(key, session);
    for (const [old, unused] of [...this.sessions].slice(0, -MAX_SESSIONS)) {
      this.sessions.delete(old);
      await unused.release();
    }
    return session;
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    // A failure is reported to the caller of that turn, and the next turn runs all the same.
    const turn = this.turn.then(work, work);
    this.turn = turn;
    return turn;
  }
}
