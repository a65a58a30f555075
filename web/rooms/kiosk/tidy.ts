import { execute, ServerError } from "../../graphql/execute";
import { CancelSession, DeleteImage, DeleteSession } from "../../graphql/operations";

const STORED = "atelier.kiosk.left";

/** A painting that is not shown any more, with the visitor's picture that it was painted from. */
interface Left {
  sessionId: string;
  imageId: string | null;
}

/**
 * Paintings of the loop that are to be deleted, and visitors' pictures with them. They are remembered beyond a reload of the
 * page, and tried again until they are gone, so that weeks of paintings do not fill the disk.
 */
export class Tidier {
  private working = false;

  leave(left: Left): void {
    store([...stored().filter(({ sessionId }) => sessionId !== left.sessionId), left]);
  }

  /** Deletes what can be deleted now; the rest stays for the next time. */
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
    // One that is over cannot be cancelled.
    await unless(["CONFLICT", "NOT_FOUND"], execute(CancelSession, { id: sessionId }));
    await unless(["NOT_FOUND"], execute(DeleteSession, { id: sessionId }));
    // Somebody else may have painted from it meanwhile: then it is theirs.
    if (imageId !== null) await unless(["CONFLICT", "NOT_FOUND"], execute(DeleteImage, { id: imageId }));
    return true;
  } catch {
    // One that is still being cancelled is deleted the next time, and so is everything when the server is back.
    return false;
  }
}

/** Leaves some kinds of refusal out of account. */
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
    // Written by something else: there is nothing to learn from it.
    return [];
  }
}

function isLeft(value: unknown): value is Left {
  return typeof value === "object" && value !== null && "sessionId" in value && typeof value.sessionId === "string" && "imageId" in value;
}

function store(left: readonly Left[]): void {
  localStorage.setItem(STORED, JSON.stringify(left));
}
