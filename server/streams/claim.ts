import type { StreamReservations } from "./reservations.js";

/** How long an operation waits for its stream to be opened, ms; then it keeps the stream at the server that reserved it. */
const OPENED_WITHIN_MS = 1000;

/** Decides whether a stream that was reserved at this server stays here: another server may open it. */
export class StreamClaim {
  private taken: Promise<boolean> | null = null;
  private decide: () => void = () => undefined;
  private readonly decided = new Promise<void>((resolve) => {
    this.decide = resolve;
  });

  constructor(
    private readonly reservations: StreamReservations,
    private readonly token: string,
    private readonly holder: string,
  ) {}

  /** Keeps the stream here unless another server has it. Resolves to whether it stays. */
  now(): Promise<boolean> {
    // Where the reservations cannot be reached, no other server takes it.
    this.taken ??= this.reservations.take(this.token, this.holder).then((taken) => taken !== false);
    this.decide();
    return this.taken;
  }

  /** As `now`, but first waits for a moment until the stream is opened: a client may send both requests at once. */
  async soon(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, OPENED_WITHIN_MS);
    });
    await Promise.race([this.decided, late]);
    clearTimeout(timer);
    return this.now();
  }

  /** Records where the stream is, once that is known. */
  settle(isHere: boolean): void {
    this.taken = Promise.resolve(isHere);
    this.decide();
  }
}
