import { type AtelierError, unavailable } from "../errors.js";
import { FREE_PLACE_S } from "../limits/allowances.js";
import { limitTable } from "../limits/table.js";

/** Limits of the uploads that are on their way at a time. */
export interface IntakeLimits {
  /** Uploads of all owners, and of one. */
  maxUploads: number;
  maxPerOwner: number;
  /** Bytes that uploads hold in memory before only the oldest ones, and those with less than their share, are read on. */
  maxHeldBytes: number;
  /** The oldest uploads, which are always read, so that some always become complete. */
  alwaysRead: number;
}

export const intakeLimits: IntakeLimits = {
  maxUploads: 512,
  maxPerOwner: limitTable.uploadsAtOnce.value,
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
  readonly ownerId: string;
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

  /** `tooMany` makes the error for an owner with too many uploads. */
  constructor(
    private readonly limits: IntakeLimits,
    private readonly tooMany: () => AtelierError,
  ) {}

  /**
   * Runs `work` as one of the uploads of an owner.
   * @throws AtelierError LIMIT when the owner has too many, UNAVAILABLE when all together are too many, both with
   * `retryAfter`.
   */
  async run<Result>(ownerId: string, source: Source, work: (upload: Upload) => Promise<Result>): Promise<Result> {
    const { maxUploads, maxPerOwner } = this.limits;
    if (this.uploads.filter((other) => other.ownerId === ownerId).length >= maxPerOwner) throw this.tooMany();
    if (this.uploads.length >= maxUploads)
      throw unavailable(`The server is busy with other uploads. Try again in ${FREE_PLACE_S} seconds.`, { retryAfter: FREE_PLACE_S });
    const upload: AdmittedUpload = {
      ownerId,
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
