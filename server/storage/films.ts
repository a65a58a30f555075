import type { ExportFailure, ExportRecord } from "../records/film.js";

/** The server that makes a film, and how long it counts as alive after its last sign of life, ms. */
export interface FilmMaker {
  makerId: string;
  leaseMs: number;
}

/** What changes of a film that has not ended. */
export type FilmPatch = Partial<Pick<ExportRecord, "state" | "progress" | "error">>;

/** Films, finished or in the making, and the files of finished ones. Leases end by the database's clock. */
export interface FilmStore {
  /**
   * Stores a film that a server is to make. `requirePlace` is called with how many of its owner's films have not ended, of
   * which nothing changes until the film is stored. What it throws is thrown, and nothing is stored.
   */
  insert(film: ExportRecord, maker: FilmMaker, requirePlace?: (open: number) => void): Promise<void>;
  find(id: string): Promise<ExportRecord | null>;
  /** Films that show sessions, at either side, by the session's id, oldest first. Sessions without films are left out. */
  ofSessions(sessionIds: readonly string[]): Promise<Map<string, ExportRecord[]>>;
  /** Changes a film that has not ended. Null when it has, or is gone. */
  update(id: string, patch: FilmPatch): Promise<ExportRecord | null>;
  /**
   * Takes in the file at `path` and completes its film. The file may be gone afterwards. Null, and the file is not kept,
   * when the film has ended or its maker's lease is over.
   * @throws StorageUnavailable when the file cannot be stored now.
   */
  complete(film: ExportRecord, path: string): Promise<ExportRecord | null>;
  /** Prolongs the leases of a maker's films. Returns the ids of those that have not ended. */
  renew(maker: FilmMaker, ids: readonly string[]): Promise<string[]>;
  /** Ends the films whose maker's lease is over as FAILED. Returns them. */
  endAbandoned(failure: ExportFailure): Promise<ExportRecord[]>;
  /** Deletes the films that show a session, with their files. Returns them as they were. */
  deleteOf(sessionId: string): Promise<ExportRecord[]>;
  /** Size of an owner's finished films, bytes. */
  byteLengthOf(ownerId: string): Promise<number>;
  /** Deletes an owner's finished films except the newest `most`. Returns them as they were. */
  deleteBeyond(ownerId: string, most: number): Promise<ExportRecord[]>;
  /** Deletes the films that were started by an instant, and those with a session that is gone. Returns them as they were. */
  deleteOutdated(by: Date): Promise<ExportRecord[]>;
  /**
   * The bytes of a finished film from one position to another one, both included.
   * @throws AtelierError NOT_FOUND when its file is missing, which may show when the bytes are read.
   */
  read(film: ExportRecord, from: number, to: number): Promise<AsyncIterable<Uint8Array>>;
}
