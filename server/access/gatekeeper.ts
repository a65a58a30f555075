import type { AtelierError } from "../errors.js";
import { maySee } from "../records/access.js";
import { isId } from "../records/id.js";
import type { Storage } from "../storage/storage.js";
import { type FoundSubject, refusalOf } from "./permissions.js";
import type { Entry, Subject } from "./policy.js";
import type { Principal } from "./principal.js";
import type { SessionDirectory } from "./session-directory.js";

/** A film, as far as access to it is concerned. */
export interface GuardedFilm {
  /** Who had it made. */
  ownerId: string;
  /** The sessions that it shows. */
  sessionIds: readonly string[];
}

export interface GatekeeperParts {
  storage: Pick<Storage, "images" | "access">;
  directory: SessionDirectory;
  /** Null when there is no such film. */
  findFilm(id: string): Promise<GuardedFilm | null>;
}

/** Decides by the policy who may carry out an operation. */
export class Gatekeeper {
  constructor(private readonly parts: GatekeeperParts) {}

  /** Why a principal may not carry out an operation; null when they may. `idOf` returns the value of an argument. */
  refusal(entry: Entry, principal: Principal, idOf: (argument: string) => unknown): Promise<AtelierError | null> {
    return refusalOf(entry.rule, principal, () => this.found(entry, principal, idOf));
  }

  /** Whether an operation changes something of another owner. False for what does not exist. */
  async isOfOthers(entry: Entry, principal: Principal, idOf: (argument: string) => unknown): Promise<boolean> {
    const found = await this.found(entry, principal, idOf);
    return found.some(({ ownerId }) => ownerId !== null && ownerId !== principal.ownerId);
  }

  /** Ids of the sessions that what an operation is carried out on shows, unless it is the principal's own. */
  async sessionsOf({ subjects }: Entry, { ownerId }: Principal, idOf: (argument: string) => unknown): Promise<string[]> {
    const ofSubjects = subjects.map(async ({ kind, argument }) => {
      const id = String(idOf(argument));
      if (kind === "session") return [id];
      const film = kind === "export" ? await this.parts.findFilm(id) : null;
      return film && film.ownerId !== ownerId ? [...film.sessionIds] : [];
    });
    return (await Promise.all(ofSubjects)).flat();
  }

  /** What an operation is carried out on, as far as the principal may see it. */
  private found({ subjects }: Entry, principal: Principal, idOf: (argument: string) => unknown): Promise<FoundSubject[]> {
    const named = subjects.map((subject) => ({ subject, id: idOf(subject.argument) })).filter(({ id }) => id !== undefined && id !== null);
    return Promise.all(
      named.map(async ({ subject, id }) => ({ field: subject.argument, ownerId: await this.ownerOf(subject, String(id), principal) })),
    );
  }

  /** The owner of what a principal may see; null when there is no such thing for them. */
  private async ownerOf({ kind }: Subject, id: string, principal: Principal): Promise<string | null> {
    if (!isId(id)) return null;
    const { storage, directory, findFilm } = this.parts;
    const { reader, ownerId } = principal;
    switch (kind) {
      case "session": {
        const session = await directory.find(id);
        return session && maySee(reader, session) ? session.ownerId : null;
      }
      case "image":
        return (await storage.images.find(id, reader))?.ownerId ?? null;
      case "link": {
        const link = await storage.access.findLink(id);
        return link && (reader === null || link.ownerId === ownerId) ? link.ownerId : null;
      }
      case "export": {
        const film = await findFilm(id);
        if (!film) return null;
        const seen = await Promise.all(film.sessionIds.map((session) => directory.isVisible(reader, session)));
        return film.ownerId === ownerId || seen.every(Boolean) ? film.ownerId : null;
      }
    }
  }
}
