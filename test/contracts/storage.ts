import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionPatch, Storage } from "../../server/storage/storage.js";
import { recentFramesContract } from "./recent-frames.js";
import { aFrame, anImage, aSession, aTranslation, storeSession } from "./records.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What every storage does. `open` returns one that may hold rows of other tests and that deletes bytes without delay. */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    const storedSession = (changes?: Parameters<typeof storeSession>[1]) => storeSession(storage, changes);

    async function storedTranslation(changes: Parameters<typeof aTranslation>[1] = {}) {
      const image = anImage();
      await storage.images.insert(image);
      const translation = aTranslation(image.id, changes);
      await storage.sessions.insert(translation);
      return translation;
    }

    recentFramesContract(() => storage.recentFrames);

    describe("images", () => {
      it("returns what was stored", async () => {
        const image = anImage({ width: 640, height: 480, byteLength: 25_000_000 });
        await storage.images.insert(image);
        expect(await storage.images.find(image.id)).toEqual(image);
        expect(await storage.images.find("unknown")).toBeNull();
      });

      it("keeps one image for the same bytes, even if they are inserted at once", async () => {
        const { digest } = anImage();
        const kept = await Promise.all(Array.from({ length: 5 }, () => storage.images.insert(anImage({ digest }))));
        for (const image of kept) expect(image).toEqual(kept[0]);
        expect(await storage.images.findByDigest(digest)).toEqual(kept[0]);
        expect(await storage.images.delete(kept[0]!.id)).toBe(digest);
        expect(await storage.images.findByDigest(digest)).toBeNull();
      });

      it("sums those of an owner, also those that expire", async () => {
        const ownerId = randomUUID();
        const mine = [anImage({ ownerId, byteLength: 2e9 }), anImage({ ownerId, byteLength: 1.5e9, expiresAt: new Date() })];
        expect(await storage.images.byteLengthOf(ownerId)).toBe(0);
        for (const image of [...mine, anImage({ ownerId: randomUUID() })]) await storage.images.insert(image);
        expect(await storage.images.byteLengthOf(ownerId)).toBe(3.5e9);
        await storage.images.delete(mine[0]!.id);
        expect(await storage.images.byteLengthOf(ownerId)).toBe(1.5e9);
      });

      it("lists them newest first, page by page, even those of the same moment", async () => {
        const before = await storage.images.count();
        const at = (seconds: number) => new Date(Date.UTC(2100, 0, 1, 0, 0, seconds));
        const stored = [
          anImage({ createdAt: at(1) }),
          anImage({ createdAt: at(2) }),
          anImage({ createdAt: at(2) }),
          anImage({ createdAt: at(3) }),
        ];
        for (const image of stored) await storage.images.insert(image);
        const expected = [...stored].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
        const first = await storage.images.list({ first: 2, after: null });
        expect(first).toEqual({ rows: expected.slice(0, 2), hasNextPage: true });
        expect(await storage.images.count()).toBe(before + 4);
        const second = await storage.images.list({ first: 2, after: expected[1]!.id });
        expect(second.rows).toEqual(expected.slice(2));
        expect(second.hasNextPage).toBe(before > 0);
        await expect(storage.images.list({ first: 2, after: "unknown" })).rejects.toMatchObject({
          code: "BAD_INPUT",
          detail: { field: "after" },
        });
      });
    });

    it("deletes an image that no session uses, and no other", async () => {
      const [free, used] = [anImage(), anImage()];
      for (const image of [free, used]) await storage.images.insert(image);
      await storage.sessions.insert(aSession(used.id));
      expect(await storage.images.delete(free.id)).toBe(free.digest);
      expect(await storage.images.find(free.id)).toBeNull();
      expect(await storage.images.delete(free.id)).toBeNull();
      expect(await storage.images.delete(used.id)).toBeNull();
      expect(await storage.images.find(used.id)).toEqual(used);
    });

    describe("sessions", () => {
      it("lists the oldest first on request, and filters by stars and by live", async () => {
        const image = anImage();
        await storage.images.insert(image);
        const stored = [
          aSession(image.id, { title: "wall", starred: true, note: "for the wall" }),
          aTranslation(null, { title: "wall" }),
          aTranslation(image.id, { title: "wall" }),
        ];
        for (const session of stored) await storage.sessions.insert(session);
        const filter = { titleContains: "wall" };
        const ids = async (more: object, order?: "NEWEST" | "OLDEST", after: string | null = null) =>
          (await storage.sessions.list({ first: 2, after }, { ...filter, ...more }, order)).rows.map(({ id }) =>
            stored.findIndex((one) => one.id === id),
          );
        expect(await ids({})).toEqual([2, 1]);
        expect(await ids({}, "OLDEST")).toEqual([0, 1]);
        expect(await ids({}, "OLDEST", stored[1]!.id)).toEqual([2]);
        expect(await ids({ starred: true })).toEqual([0]);
        expect(await ids({ starred: false })).toEqual([2, 1]);
        expect(await ids({ live: true })).toEqual([1]);
        expect(await ids({ live: false })).toEqual([2, 0]);
        expect(await storage.sessions.find(stored[0]!.id)).toEqual(stored[0]);
      });

      it("returns what was stored", async () => {
        const session = await storedSession({ title: "Näckarfront ☀", error: { code: "DEVICE_LOST", message: "The device is gone." } });
        expect(await storage.sessions.find(session.id)).toEqual(session);
        expect(await storage.sessions.find("unknown")).toBeNull();
      });

      it("returns translations with and without a picture as they were stored", async () => {
        for (const changes of [{ title: "Zebras" }, { sourceId: null, framesTranslated: 7, framesDropped: 2 }]) {
          const translation = await storedTranslation(changes);
          expect(await storage.sessions.find(translation.id)).toEqual(translation);
          const running = { ...translation, status: "RUNNING", revision: 1 };
          expect(await storage.sessions.update(translation.id, { status: "RUNNING" }, ["QUEUED"])).toEqual(running);
        }
      });

      it("accepts no session whose picture is not stored", async () => {
        await expect(storage.sessions.insert(aTranslation("no such picture"))).rejects.toThrow();
        await expect(storage.sessions.insert(aSession("no such picture"))).rejects.toThrow();
      });

      it("changes a session only from the statuses given", async () => {
        const session = await storedSession({ status: "QUEUED" });
        const startedAt = new Date();
        expect(await storage.sessions.update(session.id, { status: "PAUSED" }, ["RUNNING"])).toBeNull();
        const used = { device: "cpu", devices: [{ device: "cpu", fromStep: 0 }] };
        const running = { ...session, status: "RUNNING", startedAt, ...used, revision: 1 };
        expect(await storage.sessions.update(session.id, { status: "RUNNING", startedAt, ...used }, ["QUEUED"])).toEqual(running);
        expect(await storage.sessions.update(session.id, { title: null })).toEqual({ ...running, title: null, revision: 2 });
        expect(await storage.sessions.update(session.id, {})).toEqual({ ...running, title: null, revision: 2 });
        expect(await storage.sessions.update("unknown", { title: "x" })).toBeNull();
      });

      it("changes a session only while it is at most as large as the condition says", async () => {
        const painting = await storedSession();
        const { settings } = painting;
        const begin = (id: string, maxSize: number) => storage.sessions.update(id, { status: "RUNNING" }, undefined, { maxSize });
        expect(await begin(painting.id, settings.size - 1)).toBeNull();
        await storage.changes.add(painting.id, { settings: { size: settings.size + 1 }, styles: null }, [painting.status]);
        expect(await begin(painting.id, settings.size)).toBeNull();
        expect((await begin(painting.id, settings.size + 1))?.status).toBe("RUNNING");
        const translation = await storedTranslation();
        expect((await begin(translation.id, 1))?.status).toBe("RUNNING");
      });

      it("reopens what an admin approved where its title or note becomes another, also since it was read", async () => {
        const session = await storedSession({ title: null, note: "Red" });
        const reopened = async (
          visibility: "PUBLIC" | "PRIVATE",
          approval: "APPROVED" | "REFUSED" | null,
          patch: Pick<SessionPatch, "title" | "note" | "starred"> = { title: randomUUID() },
        ) => {
          await storage.sessions.setVisibility(session.id, visibility, () => approval);
          return (await storage.sessions.update(session.id, { ...patch, approval: "REOPENED" }))?.approval;
        };
        expect(await reopened("PUBLIC", "APPROVED", { title: null, note: "Red", starred: true })).toBe("APPROVED");
        expect(await reopened("PUBLIC", "APPROVED", { starred: false })).toBe("APPROVED");
        expect(await reopened("PUBLIC", "APPROVED", { note: null })).toBe("PENDING");
        expect(await reopened("PUBLIC", "APPROVED")).toBe("PENDING");
        expect(await reopened("PRIVATE", "APPROVED")).toBeNull();
        expect(await reopened("PUBLIC", "REFUSED")).toBe("REFUSED");
        expect(await reopened("PUBLIC", null)).toBeNull();
      });

      it("accepts one of two competing changes", async () => {
        const session = await storedSession({ status: "QUEUED" });
        const answers = await Promise.all([
          storage.sessions.update(session.id, { status: "RUNNING" }, ["QUEUED"]),
          storage.sessions.update(session.id, { status: "CANCELLED" }, ["QUEUED"]),
        ]);
        expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
      });

      it("lists pages newest first without gaps or duplicates, even for sessions of the same millisecond", async () => {
        const title = randomUUID();
        const createdAt = new Date("2030-01-01T00:00:00.123Z");
        const ids: string[] = [];
        for (let i = 0; i < 7; i++) ids.unshift((await storedSession({ title, createdAt: i < 5 ? createdAt : new Date(2031, i) })).id);
        const seen: string[] = [];
        let after: string | null = null;
        for (let page = 0; page < 3; page++) {
          const { rows, hasNextPage } = await storage.sessions.list({ first: 3, after }, { titleContains: title });
          expect(hasNextPage).toBe(page < 2);
          seen.push(...rows.map(({ id }) => id));
          after = seen.at(-1) ?? null;
        }
        expect(seen).toEqual(ids);
        expect(await storage.sessions.count({ titleContains: title })).toBe(7);
      });

      it("filters by kind, status, title and time", async () => {
        const mark = randomUUID();
        const plain = await storedSession({
          title: `${mark} 100 % Wool_en`,
          status: "COMPLETED",
          createdAt: new Date("2020-01-01T00:00:00Z"),
        });
        const other = await storedSession({ title: `${mark} 100 x Woolen`, status: "FAILED", createdAt: new Date("2020-01-02T00:00:00Z") });
        const list = async (filter: Parameters<typeof storage.sessions.list>[1]) => {
          const { rows } = await storage.sessions.list({ first: 100, after: null }, { titleContains: mark, ...filter });
          return rows.map(({ id }) => id);
        };
        expect(await list({})).toEqual([other.id, plain.id]);
        expect(await list({ kind: "STYLE_TRANSFER" })).toEqual([other.id, plain.id]);
        expect(await list({ kind: "TRANSLATION" })).toEqual([]);
        const translation = await storedTranslation({ title: mark, createdAt: new Date("2020-01-03T00:00:00Z") });
        expect(await list({})).toEqual([translation.id, other.id, plain.id]);
        expect(await list({ kind: "TRANSLATION" })).toEqual([translation.id]);
        expect(await list({ kind: "STYLE_TRANSFER" })).toEqual([other.id, plain.id]);
        expect(await list({ kind: "DEEP_DREAM" })).toEqual([]);
        const shown = await storedTranslation({ title: mark, settings: { ...translation.settings, output: "stage" } });
        expect(await list({ output: "stage" })).toEqual([shown.id]);
        expect(await list({ output: "wall" })).toEqual([]);
        for (const { id } of [translation, shown]) await storage.sessions.delete(id);
        expect(await list({ status: ["COMPLETED", "RUNNING"] })).toEqual([plain.id]);
        expect(await list({ status: [] })).toEqual([]);
        expect(await list({ titleContains: `${mark.toUpperCase()} 100 % wOOL_EN` })).toEqual([plain.id]);
        expect(await list({ titleContains: `${mark} 100 % Wool%en` })).toEqual([]);
        expect(await list({ titleContains: "\\" })).toEqual([]);
        expect(await list({ createdAfter: new Date("2020-01-01T00:00:00Z") })).toEqual([other.id]);
        expect(await list({ createdBefore: new Date("2020-01-02T00:00:00Z") })).toEqual([plain.id]);
      });

      it("continues after a session that has been deleted, and refuses a session that never existed", async () => {
        const title = randomUUID();
        const older = await storedSession({ title });
        const newer = await storedSession({ title });
        await storage.sessions.delete(newer.id);
        const { rows } = await storage.sessions.list({ first: 5, after: newer.id }, { titleContains: title });
        expect(rows.map(({ id }) => id)).toEqual([older.id]);
        await expect(storage.sessions.list({ first: 5, after: "made up" }, {})).rejects.toMatchObject({
          name: "AtelierError",
          code: "BAD_INPUT",
          detail: { field: "after" },
        });
      });

      it("returns the digests that nothing uses any more after a deletion", async () => {
        const [mine, shared, uploaded] = [randomBytes(8), randomBytes(8), randomBytes(8)].map(sha256) as [string, string, string];
        const [session, other] = [await storedSession(), await storedSession()];
        await storage.images.insert(anImage({ digest: uploaded }));
        await storage.frames.insert(aFrame(other.id, 0, { digest: shared }));
        for (const [step, digest] of [shared, uploaded, mine, mine].entries()) {
          await storage.frames.insert(aFrame(session.id, step, { digest }));
        }
        expect(await storage.sessions.delete(session.id)).toEqual([mine]);
        expect(await storage.sessions.find(session.id)).toBeNull();
        expect(await storage.frames.find(session.id, 0)).toBeNull();
        expect(await storage.sessions.delete(session.id)).toBeNull();
        expect(await storage.sessions.delete(other.id)).toEqual([shared]);
      });

      it("keeps the source of a translation even if a frame has the same bytes", async () => {
        const source = anImage();
        await storage.images.insert(source);
        const [translation, other] = [aTranslation(source.id), aTranslation(source.id)];
        for (const session of [translation, other]) await storage.sessions.insert(session);
        await storage.frames.insert(aFrame(translation.id, 0, { digest: source.digest }));
        expect(await storage.sessions.delete(translation.id)).toEqual([]);
        expect(await storage.sessions.find(other.id)).toEqual(other);
        expect(await storage.images.find(source.id)).toEqual(source);
      });
    });

    describe("frames", () => {
      it("returns what was stored and moves the session's step", async () => {
        const session = await storedSession();
        const frame = aFrame(session.id, 0);
        expect(await storage.frames.insert(frame)).toBe(true);
        expect(await storage.frames.find(session.id, 0)).toEqual(frame);
        expect(await storage.frames.insert(aFrame(session.id, 3, { losses: null }))).toBe(true);
        expect(await storage.frames.latest(session.id)).toMatchObject({ step: 3, losses: null });
        expect((await storage.sessions.find(session.id))?.step).toBe(3);
        expect(await storage.frames.find(session.id, 1)).toBeNull();
      });

      it("counts each frame of a translation once", async () => {
        const { id } = await storedTranslation();
        await storage.frames.insert(aFrame(id, 0, { losses: null }));
        await storage.frames.insert(aFrame(id, 0, { losses: null }));
        await storage.frames.insert(aFrame(id, 4, { losses: null }));
        expect(await storage.sessions.find(id)).toMatchObject({ step: 4, framesTranslated: 2, framesDropped: 0 });
      });

      it("stores a step once and never changes it", async () => {
        const session = await storedSession();
        const frame = aFrame(session.id, 5);
        const answers = await Promise.all([storage.frames.insert(frame), storage.frames.insert({ ...frame, width: 999 })]);
        // Either may be the first: both look for space on the disk before.
        expect(answers.toSorted()).toEqual([false, true]);
        const { width } = answers[0] ? frame : { width: 999 };
        expect(await storage.frames.insert({ ...frame, width: 1 })).toBe(false);
        expect((await storage.frames.find(session.id, 5))?.width).toBe(width);
        expect((await storage.sessions.find(session.id))?.step).toBe(5);
      });

      it("refuses a frame of a session that was deleted", async () => {
        expect(await storage.frames.insert(aFrame("gone", 0))).toBe(false);
        expect(await storage.frames.latest("gone")).toBeNull();
      });

      it("lists pages oldest first within a range of steps", async () => {
        const session = await storedSession();
        for (let step = 0; step < 10; step++) await storage.frames.insert(aFrame(session.id, step));
        const steps = async (first: number, after: number | null, range: { fromStep?: number; toStep?: number }) => {
          const { rows, hasNextPage } = await storage.frames.list(session.id, { first, after }, range);
          return [rows.map(({ step }) => step), hasNextPage, (await storage.frames.countOf([session.id], range)).get(session.id) ?? 0];
        };
        expect(await steps(4, null, {})).toEqual([[0, 1, 2, 3], true, 10]);
        expect(await steps(4, 7, {})).toEqual([[8, 9], false, 10]);
        expect(await steps(3, null, { fromStep: 2, toStep: 6 })).toEqual([[2, 3, 4], true, 5]);
        expect(await steps(3, 4, { fromStep: 2, toStep: 6 })).toEqual([[5, 6], false, 5]);
        expect(await steps(3, null, { fromStep: 8 })).toEqual([[8, 9], false, 2]);
        expect(await steps(3, null, { toStep: 1 })).toEqual([[0, 1], false, 2]);
        expect(await steps(3, null, { fromStep: 6, toStep: 2 })).toEqual([[], false, 0]);
      });

      it("thins a loss curve and keeps its ends", async () => {
        const session = await storedSession();
        for (let step = 0; step < 40; step++) await storage.frames.insert(aFrame(session.id, step));
        await storage.frames.insert(aFrame(session.id, 40, { losses: null }));
        const steps = async (range: { fromStep?: number; toStep?: number }, points: number) =>
          ((await storage.frames.lossesOf([session.id], range, points)).get(session.id) ?? []).map(({ step }) => step);
        // The loss falls, so the first frame of each group has the largest and the last the smallest.
        expect(await steps({}, 4)).toEqual([0, 1, 38, 39]);
        expect(await steps({}, 6)).toEqual([0, 1, 19, 20, 38, 39]);
        expect(await steps({}, 3)).toEqual([0, 39]);
        expect(await steps({}, 2)).toEqual([0, 39]);
        expect(await steps({}, 40)).toHaveLength(40);
        expect(await steps({}, 39)).toHaveLength(38);
        expect(await steps({ fromStep: 7, toStep: 7 }, 2)).toEqual([7]);
        expect(await steps({ fromStep: 10, toStep: 20 }, 4)).toEqual([10, 11, 19, 20]);
        expect(await steps({ fromStep: 100 }, 3)).toEqual([]);
        const first = (await storage.frames.lossesOf([session.id], {}, 2)).get(session.id)?.at(0);
        expect(first).toEqual({ step: 0, losses: aFrame(session.id, 0).losses });
        const refusal = { code: "BAD_INPUT", detail: { field: "points" } };
        await expect(storage.frames.lossesOf([session.id], {}, 1)).rejects.toMatchObject(refusal);
      });

      it("reads several sessions at once, each as if alone", async () => {
        const ids = [(await storedSession()).id, (await storedSession()).id, (await storedSession()).id];
        const lengths = new Map(ids.map((id, index) => [id, [12, 3, 0][index]!]));
        for (const [id, length] of lengths) for (let step = 0; step < length; step++) await storage.frames.insert(aFrame(id, step));
        const [page, range] = [{ first: 2, after: 1 }, { fromStep: 1 }];
        const pages = await storage.frames.listOf(ids, page, range);
        for (const id of ids) {
          expect(pages.get(id) ?? { rows: [], hasNextPage: false }).toEqual(await storage.frames.list(id, page, range));
        }
        const counts = await storage.frames.countOf(ids, range);
        expect(ids.map((id) => counts.get(id) ?? 0)).toEqual([11, 2, 0]);
        const curves = await storage.frames.lossesOf(ids, {}, 6);
        for (const id of ids) expect(curves.get(id)).toEqual((await storage.frames.lossesOf([id], {}, 6)).get(id));
        expect(curves.get(ids[0]!)?.map(({ step }) => step)).toEqual([0, 1, 5, 6, 10, 11]);
        expect(curves.get(ids[1]!)).toHaveLength(3);
      });

      it("sums the frames of an owner's sessions", async () => {
        const ownerId = randomUUID();
        const { contentId } = await storedSession();
        const mine = [aSession(contentId, { ownerId }), aSession(contentId, { ownerId })];
        expect(await storage.frames.byteLengthOfOwner(ownerId)).toBe(0);
        for (const session of mine) {
          await storage.sessions.insert(session);
          for (let step = 0; step < 2; step++) await storage.frames.insert(aFrame(session.id, step, { byteLength: 1000 }));
        }
        expect(await storage.frames.byteLengthOfOwner(ownerId)).toBe(4000);
        await storage.sessions.delete(mine[0]!.id);
        expect(await storage.frames.byteLengthOfOwner(ownerId)).toBe(2000);
      });

      it("sums the frames of all sessions", async () => {
        const before = await storage.frames.totals();
        const session = await storedSession();
        for (let step = 0; step < 3; step++) await storage.frames.insert(aFrame(session.id, step, { byteLength: 1000 }));
        expect(await storage.frames.totals()).toEqual({ count: before.count + 3, byteLength: before.byteLength + 3000 });
        await storage.sessions.delete(session.id);
        expect(await storage.frames.totals()).toEqual(before);
      });
    });
  });
}
