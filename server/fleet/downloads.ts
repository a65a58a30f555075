import { AtelierError } from "../errors.js";

export interface WantedModelsParts {
  /** Ids of the models of the sessions that wait. */
  wanted(): Promise<readonly string[]>;
  registry: {
    /** Whether a model is not here and can be downloaded, or is being downloaded. */
    needsDownload(id: string): boolean;
    /** Downloads a model, and waits for that. */
    file(id: string): Promise<unknown>;
  };
  /** Receives errors that are the server's own fault. */
  failed(error: unknown): void;
}

/**
 * Begins to download the models that waiting sessions need. A worker claims only sessions whose models it has, so that those who
 * lack one do not keep its sessions from those who have it.
 */
export async function downloadWanted({ wanted, registry, failed }: WantedModelsParts): Promise<void> {
  for (const id of await wanted()) {
    if (!registry.needsDownload(id)) continue;
    registry.file(id).catch((error: unknown) => {
      // The model's state says why, and its sessions wait for a worker that has it.
      if (!(error instanceof AtelierError)) failed(error);
    });
  }
}
