import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExportRecord } from "../../server/records/film.js";
import type { Storage } from "../../server/storage/storage.js";
import { until } from "../helpers/until.js";
import { aFilm, storeSession } from "./records.js";

const LASTING_MS = 240_000;
const failure = { code: "UNAVAILABLE", message: "The server stopped." } as const;

/** How every storage keeps films. `open` returns one that deletes bytes without delay. */
export function filmsContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage of films`, () => {
    let storage: Storage;
    let folder: string;
    beforeAll(async () => {
      storage = await open();
      folder = await mkdtemp(join(tmpdir(), "atelier-films-"));
    });
    afterAll(async () => {
      await storage?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const lasting = () => ({ makerId: randomUUID(), leaseMs: LASTING_MS });

    async function stored(film = aFilm(), maker = lasting()): Promise<ExportRecord> {
      await storage.films.insert(film, maker);
      return film;
    }

    async function file(bytes: Uint8Array): Promise<string> {
      const path = join(folder, randomUUID());
      await writeFile(path, bytes);
      return path;
    }

    const read = async (film: ExportRecord, from: number, to: number) => buffer(await storage.films.read(film, from, to));

    it("returns what was stored, also by the sessions at both sides, oldest first", async () => {
      const [one, two] = [randomUUID(), randomUUID()];
      const later = await stored(aFilm({ sessionId: two, besideId: one }, { createdAt: new Date(Date.UTC(2100, 0, 2)) }));
      const earlier = await stored(aFilm({ sessionId: one, toStep: 7 }, { createdAt: new Date(Date.UTC(2100, 0, 1)) }));
      expect(await storage.films.find(earlier.id)).toEqual(earlier);
      expect(await storage.films.find("unknown")).toBeNull();
      const found = await storage.films.ofSessions([one, two, "unknown"]);
      expect(found).toEqual(
        new Map([
          [one, [earlier, later]],
          [two, [later]],
        ]),
      );
    });

    it("counts an owner's films that have not ended, also those that are stored at once", async () => {
      const ownerId = randomUUID();
      const counts: number[] = [];
      const films = Array.from({ length: 4 }, () => aFilm({}, { ownerId }));
      await Promise.all(films.map((film) => storage.films.insert(film, lasting(), (open) => counts.push(open))));
      expect(counts.sort()).toEqual([0, 1, 2, 3]);
      await storage.films.update(films[0]!.id, { state: "CANCELLED" });
      const refused = aFilm({}, { ownerId });
      const refusal = new Error("Too many");
      const refuse = (open: number) => {
        expect(open).toBe(3);
        throw refusal;
      };
      await expect(storage.films.insert(refused, lasting(), refuse)).rejects.toBe(refusal);
      expect(await storage.films.find(refused.id)).toBeNull();
    });

    it("changes a film until it has ended", async () => {
      const { id } = await stored();
      expect(await storage.films.update(id, { state: "RUNNING", progress: 0.25 })).toMatchObject({ state: "RUNNING", progress: 0.25 });
      expect(await storage.films.update(id, { state: "FAILED", error: failure })).toMatchObject({ state: "FAILED", error: failure });
      expect(await storage.films.update(id, { state: "CANCELLED" })).toBeNull();
      expect(await storage.films.update("unknown", { progress: 1 })).toBeNull();
      expect(await storage.films.find(id)).toMatchObject({ state: "FAILED", progress: 0.25 });
    });

    it("keeps the file of a finished film and reads ranges of it, also large ones", async () => {
      const bytes = randomBytes(9_000_001);
      const film = await stored();
      const completed = await storage.films.complete(film, await file(bytes));
      expect(completed).toEqual({ ...film, state: "COMPLETED", progress: 1, bytes: bytes.byteLength });
      expect((await read(film, 0, bytes.byteLength - 1)).equals(bytes)).toBe(true);
      for (const [from, to] of [
        [0, 0],
        [10, 19],
        [4_194_300, 4_194_310],
        [4_194_304, 8_388_608],
        [9_000_000, 9_000_000],
      ] as const) {
        expect((await read(film, from, to)).equals(bytes.subarray(from, to + 1))).toBe(true);
      }
    });

    it("keeps no file of a film that has ended meanwhile", async () => {
      const film = await stored();
      await storage.films.update(film.id, { state: "CANCELLED" });
      expect(await storage.films.complete(film, await file(randomBytes(100)))).toBeNull();
      expect(await storage.films.find(film.id)).toMatchObject({ state: "CANCELLED", bytes: null });
      await expect(read(film, 0, 9)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("ends the films of makers whose lease is over, and completes none of them", async () => {
      const dying = { makerId: randomUUID(), leaseMs: 1 };
      const [abandoned, renewed] = [await stored(aFilm(), dying), await stored(aFilm(), dying)];
      const [alive, ended] = [await stored(), await stored(aFilm(), dying)];
      await storage.films.update(ended.id, { state: "CANCELLED" });
      const maker = { ...dying, leaseMs: LASTING_MS };
      expect(await storage.films.renew(maker, [renewed.id, ended.id, alive.id, "unknown"])).toEqual([renewed.id]);
      const failed: ExportRecord[] = [];
      await until(async () => failed.push(...(await storage.films.endAbandoned(failure))) > 0);
      expect(failed).toEqual([{ ...abandoned, state: "FAILED", error: failure }]);
      expect(await storage.films.endAbandoned(failure)).toEqual([]);
      expect(await storage.films.complete(abandoned, await file(randomBytes(10)))).toBeNull();
      for (const { id } of [renewed, alive]) expect(await storage.films.find(id)).toMatchObject({ state: "QUEUED" });
    });

    it("deletes the films of a session with their files", async () => {
      const sessionId = randomUUID();
      const film = await stored(aFilm({ besideId: sessionId }));
      const completed = await storage.films.complete(film, await file(randomBytes(5_000_000)));
      const waiting = await stored(aFilm({ sessionId }));
      const other = await stored();
      const deleted = await storage.films.deleteOf(sessionId);
      expect(new Set(deleted)).toEqual(new Set([completed, waiting]));
      expect(await storage.films.deleteOf(sessionId)).toEqual([]);
      expect(await storage.films.find(film.id)).toBeNull();
      for (const from of [0, 4_900_000]) await expect(read(film, from, from + 9)).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await storage.films.find(other.id)).toEqual(other);
    });

    it("deletes films that are too old, and those with a session that is gone", async () => {
      const [session, beside] = [await storeSession(storage), await storeSession(storage)];
      const day = (date: number) => new Date(Date.UTC(2001, 0, date));
      const shown = { sessionId: session.id };
      const old = await stored(aFilm(shown, { createdAt: day(1) }));
      const kept = await stored(aFilm(shown, { createdAt: day(3) }));
      const pair = await stored(aFilm({ ...shown, besideId: beside.id }));
      const lost = await stored();
      const ids = async () => {
        const found = await Promise.all([old, kept, pair, lost].map(({ id }) => storage.films.find(id)));
        return found.filter((film) => film !== null).map(({ id }) => id);
      };
      const deleted = await storage.films.deleteOutdated(day(2));
      expect(deleted.map(({ id }) => id)).toEqual(expect.arrayContaining([old.id, lost.id]));
      expect(await ids()).toEqual([kept.id, pair.id]);
      await storage.sessions.delete(beside.id);
      await storage.films.deleteOutdated(day(2));
      expect(await ids()).toEqual([kept.id]);
    });
  });
}
