import { AtelierError, messageOf } from "../errors.js";
import { WrongNumbersError } from "./self-test.js";

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
  /**
   * @param test of the device. @throws WrongNumbersError, or AtelierError when the device fails.
   * @param isLast Whether no other device could take its place: only another one has more memory.
   */
  constructor(
    private readonly test: () => Promise<void>,
    private readonly options: { isLast: boolean; clock?: () => number },
  ) {
    this.clock = options.clock ?? (() => performance.now());
    this.testedAt = this.clock();
  }

  /**
   * The fault of the device behind the error of a session, whose memory must be free again; null where the session alone
   * is to blame, such as one whose model the device cannot compute.
   */
  async faultBehind(error: unknown): Promise<AtelierError | null> {
    if (isShortOfMemory(error)) return this.options.isLast ? null : error;
    return this.faultFound();
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
      if (error instanceof WrongNumbersError) return error;
      // Paintings may fill the memory. Then the test says nothing about the device.
      if (isShortOfMemory(error) || (error instanceof Error && isShortOfMemory(error.cause))) return null;
      return new AtelierError("DEVICE_LOST", messageOf(error), {}, { cause: error });
    } finally {
      this.testedAt = this.clock();
      this.testMs = this.testedAt - began;
    }
  }
}

function isShortOfMemory(error: unknown): error is AtelierError {
  return error instanceof AtelierError && error.code === "OUT_OF_MEMORY";
}
