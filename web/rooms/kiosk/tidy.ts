import { execute, ServerError } from "../../graphql/execute";
import { CancelSession, DeleteSession } from "../../graphql/operations";

const STORED = "atelier.kiosk.left";

/**
 * Sessions of the loop that are to be deleted. They are remembered beyond a reload of the page, and tried again until they
 * are gone, so that weeks of paintings do not fill the disk.
 */
export class Tidier {
  private working = false;

  /** Remembers a session that is not shown any more. */
  leave(sessionId: string): void {
    store([...stored(), sessionId]);
  }

  /** Deletes what can be deleted now; the rest stays for the next time. */
  async tidy(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      for (const id of stored()) {
        if (await isGone(id)) store(stored().filter((known) => known !== id));
      }
    } finally {
      this.working = false;
    }
  }
}

async function isGone(id: string): Promise<boolean> {
  try {
    await execute(CancelSession, { id }).catch(onlyKnown);
    await execute(DeleteSession, { id });
    return true;
  } catch (error) {
    // One that is still being cancelled is deleted the next time; one that is gone was deleted by somebody else.
    return error instanceof ServerError && error.code === "NOT_FOUND";
  }
}

/** One that is over cannot be cancelled. */
function onlyKnown(error: unknown): void {
  if (!(error instanceof ServerError) || error.code !== "CONFLICT") throw error;
}

function stored(): string[] {
  const value: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}

function store(ids: readonly string[]): void {
  localStorage.setItem(STORED, JSON.stringify([...new Set(ids)]));
}
