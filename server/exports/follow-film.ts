import type { Bus } from "../bus/bus.js";
import { notFound } from "../errors.js";
import { type ExportRecord, hasEnded } from "../records/film.js";
import { Feed } from "../sessions/watch/feed.js";

export interface FollowParts {
  bus: Bus;
  find(id: string): Promise<ExportRecord | null>;
  /** Receives errors of reading a film again, after which its followers end. */
  report(error: unknown): void;
}

/** The newest states of an export of any server: the current one first. Ends with the export. @throws AtelierError NOT_FOUND. */
export function followFilm({ bus, find, report }: FollowParts, id: string): Promise<Feed<ExportRecord>> {
  return Feed.open(async (feed) => {
    let isRead = false;
    const offer = (newest: ExportRecord) => {
      feed.offer(newest);
      if (hasEnded(newest)) feed.end();
    };
    const readAgain = async () => {
      try {
        const record = await find(id);
        if (record) offer(record);
        else feed.end();
      } catch (error) {
        report(error);
        feed.end();
      }
    };
    const unsubscribe = await bus.subscribe(
      `export:${id}`,
      // A change that comes before the film was read is stored, and is read with it.
      ({ record }) => {
        if (isRead) offer(record);
      },
      () => void readAgain(),
    );
    try {
      const record = await find(id);
      if (!record) throw notFound("id", "There is no such export.");
      isRead = true;
      offer(record);
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    return unsubscribe;
  });
}
