import { unavailable } from "../errors.js";
import { type Allowances, FREE_PLACE_S, type Party } from "../limits/allowances.js";

/** Limits of the uploads that are on their way at a time. */
export interface IntakeLimits {
  /** Uploads of all owners. */
  maxUploads: number;
  /** Bytes that uploads hold in memory before only the oldest ones, and those with less than their share, are read on. */
  maxHeldBytes: number;
  /** The oldest uploads, which are always read, so that some always become complete. */
  alwaysRead: number;
}

export const intakeLimits: IntakeLimits = {
  maxUploads: 512,
  maxHeldBytes: 256_000_000,
  alwaysRead: 3,
};

/** An upload from its beginning until its picture is stored. */
export interface Upload {
  /** Bytes in memory. */
  readonly heldBytes: number;
  /** Whether its body is not read now, because too many bytes are held. */
  readonly paused: boolean;
  hold(byteLength: number): void;
}

interface AdmittedUpload extends Upload {
  heldBytes: number;
  paused: boolean;
  readonly source: Source;
}

/** The body of an upload. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/**
 * Admits uploads and bounds the memory that they take together. An upload holds no place for decoding while it
 * arrives, so slow ones do not delay others.
 */
export class UploadIntake {
  /** The oldest first. */
  private readonly uploads: AdmittedUpload[] = [];

  constructor(
    private readonly limits: IntakeLimits,
    private readonly allowances: Pick<Allowances, "take">,
  ) {}

  /**
   * Runs `work` as one of the uploads of an owner.
   * @throws AtelierError LIMIT when the owner has too many, UNAVAILABLE when all together are too many, both with
   * `retryAfter`.
   */
  async run<Result>(owner: Party, source: Source, work: (upload: Upload) => Promise<Result>): Promise<Result> {
    const release = await this.allowances.take("uploadsAtOnce", owner);
    try {
      return await this.admit(source, work);
    } finally {
      release();
    }
  }

  private async admit<Result>(source: Source, work: (upload: Upload) => Promise<Result>): Promise<Result> {
    if (this.uploads.length >= this.limits.maxUploads)
      throw unavailable(`The server is busy with other uploads. Try again in ${FREE_PLACE_S} seconds.`, { retryAfter: FREE_PLACE_S });
    const upload: AdmittedUpload = {
      source,
      heldBytes: 0,
      paused: false,
      hold: (byteLength) => {
        upload.heldBytes = byteLength;
        this.balance();
      },
    };
    this.uploads.push(upload);
    try {
      return await work(upload);
    } finally {
      this.uploads.splice(this.uploads.indexOf(upload), 1);
      this.balance();
    }
  }

  /**
   * Reads all bodies while there is space. Otherwise it reads the oldest ones, which come to an end, and those with less
   * than their share: uploads that hold much and end slowly must not stop the others.
   */
  private balance(): void {
    const { maxHeldBytes, alwaysRead } = this.limits;
    const held = this.uploads.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    const share = maxHeldBytes / this.uploads.length;
    for (const [place, upload] of this.uploads.entries()) {
      const paused = held > maxHeldBytes && place >= alwaysRead && upload.heldBytes >= share;
      if (paused === upload.paused) continue;
      upload.paused = paused;
      if (paused) upload.source.pause();
      else upload.source.resume();
    }
  }
}
