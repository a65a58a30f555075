import type { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { elementCount, type Tensor } from "../graph/tensor.js";

/** Values by the names of a graph's inputs. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** A session of ONNX Runtime, and what each of its runs is given besides the inputs of the graph. */
export interface FedSession {
  readonly session: InferenceSession;
  readonly fed: Readonly<Record<string, OnnxTensor>>;
}

/** The inference sessions of ONNX Runtime behind one program. */
export interface InferenceSessions {
  /** Runs `work` with the session for inputs of these sizes, which stays open until the promise settles. */
  use<Result>(inputs: Inputs, work: (session: FedSession) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** One session for all sizes. */
export class OneInferenceSession implements InferenceSessions {
  constructor(private readonly only: FedSession) {}

  use<Result>(_inputs: Inputs, work: (session: FedSession) => Promise<Result>): Promise<Result> {
    return work(this.only);
  }

  close(): Promise<void> {
    return this.only.session.release();
  }
}

/** Height times width of the widest input above which a run is large. */
const MAX_AREA = 640 ** 2;

interface SizedSession extends FedSession {
  readonly key: string;
  readonly isLarge: boolean;
}

/** Key of the session that large inputs share. */
const ANY_SIZE = "any";

/**
 * A session for each size, opened at its first run, but only one for large inputs, to save memory: for all their sizes,
 * or for the last one. Runs wait for each other; the least recently used session is closed when there are too many.
 */
export class InferenceSessionPerSize implements InferenceSessions {
  private readonly sessions = new Map<string, SizedSession>();
  private turn: Promise<unknown> = Promise.resolve();

  /**
   * @param open Opens a session for inputs of these sizes, or of any size for null.
   * @param large Whether large inputs of all sizes share a session.
   * @param most Most sessions that stay open. Each keeps the memory that its runs needed, and weights that are not shared.
   */
  constructor(
    private readonly open: (sizes: Inputs | null) => Promise<FedSession>,
    private readonly large: "any size" | "one size",
    private readonly most: number,
  ) {}

  use<Result>(inputs: Inputs, work: (session: FedSession) => Promise<Result>): Promise<Result> {
    return this.inTurn(async () => work(await this.sessionFor(inputs)));
  }

  close(): Promise<void> {
    return this.inTurn(() => this.closeThose(() => true));
  }

  private async sessionFor(inputs: Inputs): Promise<FedSession> {
    const shapes = Object.values(inputs).map(({ shape }) => shape);
    const isLarge = shapes.some((shape) => shape.length === 4 && elementCount(shape.slice(2)) > MAX_AREA);
    const isShared = isLarge && this.large === "any size";
    const key = isShared ? ANY_SIZE : shapes.join(";");
    if (isLarge) await this.closeThose((other) => other.isLarge && other.key !== key);
    const session = this.sessions.get(key) ?? { key, isLarge, ...(await this.open(isShared ? null : inputs)) };
    // The most recently used session is the last one.
    this.sessions.delete(key);
    this.sessions.set(key, session);
    const unused = new Set([...this.sessions.keys()].slice(0, -this.most));
    await this.closeThose(({ key }) => unused.has(key));
    return session;
  }

  private async closeThose(isUnwanted: (session: SizedSession) => boolean): Promise<void> {
    for (const one of [...this.sessions.values()].filter(isUnwanted)) {
      this.sessions.delete(one.key);
      await one.session.release();
    }
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    // A failure is reported to the caller of that turn, and the next turn runs all the same.
    const turn = this.turn.then(work, work);
    this.turn = turn;
    return turn;
  }
}
