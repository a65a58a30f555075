import { AtelierError, type ErrorCode, messageOf } from "../errors.js";

/** Least time between two tests of a device that seems to work, ms of the clock. */
const TEST_INTERVAL_MS = 60_000;

/** Most of the time that such tests may take. */
const MAX_TEST_SHARE = 1 / 500;

/**
 * Tells faults of a device behind a driver from those of a session. Drivers do not only fail: some return wrong numbers
 * once memory is short or a card is hot.
 */
export class DeviceWatch {
  private readonly clock: () => number;
  private testedAt: number;
  private testMs = 0;
  /** Errors of a session after which the device must be opened again, perhaps another one. */
  private readonly fatal: readonly ErrorCode[];

  /**
   * @param test of the device. @throws AtelierError when it computes wrong numbers.
   * @param isLast Whether no other device could take its place: only another one has more memory.
   */
  constructor(
    private readonly test: () => Promise<void>,
    { isLast, clock = () => performance.now() }: { isLast: boolean; clock?: () => number },
  ) {
    this.fatal = isLast ? ["DEVICE_LOST"] : ["DEVICE_LOST", "OUT_OF_MEMORY"];
    this.clock = clock;
    this.testedAt = clock();
  }

  /** The fault of the device behind the error of a session; null where the session alone is to blame. */
  async faultBehind(error: unknown): Promise<AtelierError | null> {
    return error instanceof AtelierError && this.fatal.includes(error.code) ? error : this.faultFound();
  }

  /** The fault of a device that seems to work; null where it works, or was tested a short while ago. */
  async faultNow(): Promise<AtelierError | null> {
    const interval = Math.max(TEST_INTERVAL_MS, this.testMs / MAX_TEST_SHARE);
    return this.clock() - this.testedAt < interval ? null : this.faultFound();
  }

  private async faultFound(): Promise<AtelierError | null> {
    const began = this.clock();
    try {
      await this.test();
      return null;
    } catch (error) {
      return new AtelierError("DEVICE_LOST", messageOf(error), {}, { cause: error });
    } finally {
      this.testedAt = this.clock();
      this.testMs = this.testedAt - began;
    }
  }
}
