import { execute, ServerError } from "../../graphql/execute";
import { CancelSession, DeleteImage, DeleteSession } from "../../graphql/operations";

const STORED = "atelier.kiosk.left";

/** A painting that is no longer shown, with the visitor's picture that it was made from. */
interface Left {
  sessionId: string;
  imageId: string | null;
}

/**
 * Deletes paintings of the loop and the visitors' pictures they were made from. The list survives a reload of the page,
 * and each entry is retried until it is deleted, so that weeks of paintings do not fill the disk.
 */
export class Tidier {
  private working = false;

  leave(left: Left): void {
    store([...stored().filter(({ sessionId }) => sessionId !== left.sessionId), left]);
  }

  /** Deletes the entries that can be deleted now and keeps the rest for next time. */
  async tidy(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      for (const left of stored()) {
        if (await isGone(left)) store(stored().filter(({ sessionId }) => sessionId !== left.sessionId));
      }
    } finally {
      this.working = false;
    }
  }
}

async function isGone({ sessionId, imageId }: Left): Promise<boolean> {
  try {
    // A session that is over cannot be cancelled.
    await unless(["CONFLICT", "NOT_FOUND"], execute(CancelSession, { id: sessionId }));
    await unless(["NOT_FOUND"], execute(DeleteSession, { id: sessionId }));
    // Another session may use the picture by now, which keeps it.
    if (imageId !== null) await unless(["CONFLICT", "NOT_FOUND"], execute(DeleteImage, { id: imageId }));
    return true;
  } catch {
    // A session that is still being cancelled is deleted next time, and so is everything once the server is back.
    return false;
  }
}

/** Ignores refusals with the given codes. */
async function unless(codes: readonly string[], work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ServerError) || !codes.includes(error.code)) throw error;
  }
}

function stored(): Left[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(value) ? value.filter(isLeft) : [];
  } catch {
    // The entry was not written by this code and holds nothing to delete.
    return [];
  }
}

function isLeft(value: unknown): value is Left {
  return typeof value === "object" && value !== null && "sessionId" in value && typeof value.sessionId === "string" && "imageId" in value;
}

function store(left: readonly Left[]): void {
  localStorage.setItem(STORED, JSON.stringify(left));
}
