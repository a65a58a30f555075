import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Change } from "../../server/records/changes.js";
import type { StyleTransferRecord } from "../../server/records/session.js";
import type { OpenSessions, Storage } from "../../server/storage/storage.js";
import { aFrame, anImage, aSession, aTranslation } from "./records.js";

const everything = { first: 100, after: null };

/** What every storage does for sessions that are steered, branched and thinned. */
export function lastingSessionsContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage of long sessions`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    async function storedSession(changes: Parameters<typeof aSession>[1] = {}): Promise<StyleTransferRecord> {
      const image = anImage();
      await storage.images.insert(image);
      const session = aSession(image.id, changes);
      await storage.sessions.insert(session);
      return session;
    }

    /** A session that runs and has frames 0 to `last`, each with bytes of its own. */
    async function paintedSession(last: number): Promise<StyleTransferRecord> {
      const session = await storedSession({ status: "RUNNING" });
      for (let step = 0; step <= last; step++) {
        const bytes = new TextEncoder().encode(`${session.id} ${step}`);
        await storage.frames.insert(aFrame(session.id, step, { digest: await storage.blobs.put(bytes), byteLength: 100 }));
      }
      return { ...session, step: last };
    }

    function branchOf(parent: StyleTransferRecord, step: number): StyleTransferRecord {
      return aSession(parent.contentId, { initial: parent.initial, parentId: parent.id, branchedAtStep: step, step });
    }

    async function stepsOf(sessionId: string): Promise<number[]> {
      return (await storage.frames.list(sessionId, everything, {})).rows.map(({ step }) => step);
    }

    const brighter: Change = { settings: { alpha: 7 }, styles: null };

    describe("places", () => {
      it("are not given twice to sessions of an owner that are started, branched and resumed at once", async () => {
        const ownerId = randomUUID();
        const parent = await paintedSession(1);
        const paused = await Promise.all([1, 2].map(() => storedSession({ ownerId, status: "PAUSED", wish: "CANCELLED" })));
        const place = {
          linkId: null,
          require({ own, queued, ofLink }: OpenSessions) {
            if (own >= 3 || queued < 0 || ofLink > 0) throw new Error("There is no place.");
          },
        };
        const started = [1, 2, 3].map(() => aSession(parent.contentId, { ownerId }));
        const results = await Promise.allSettled([
          ...started.map((session) => storage.sessions.insert(session, [], place)),
          ...paused.map(({ id }) => storage.sessions.resume(id, place)),
          storage.sessions.insertBranch({ ...branchOf(parent, 1), ownerId }, null, place),
        ]);
        expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
        expect(await storage.sessions.count({ ownerId, status: ["QUEUED", "RUNNING"] })).toBe(3);
      });

      it("are taken by sessions that are resumed, without error and wish; those that their host paused keep the wish", async () => {
        const error = { code: "UNAVAILABLE", message: "The disk is full." } as const;
        const changes = { status: "PAUSED", wish: "CANCELLED", queuedAt: new Date(0) } as const;
        const [paused, suspended] = [await storedSession(changes), await storedSession({ ...changes, error })];
        expect(await storage.sessions.resume(paused.id, undefined, true)).toBeNull();
        const asked = await storage.sessions.resume(paused.id);
        expect(asked).toMatchObject({ status: "QUEUED", wish: null, error: null, revision: 1 });
        expect(asked?.queuedAt.getTime()).toBeGreaterThan(0);
        expect(await storage.sessions.resume(paused.id)).toBeNull();
        const resumed = await storage.sessions.resume(suspended.id, undefined, true);
        expect(resumed).toMatchObject({ status: "QUEUED", wish: "CANCELLED", error: null });
        // It keeps its place, since nobody asked for a pause.
        expect(resumed?.queuedAt.getTime()).toBe(0);
      });
    });

    describe("changes", () => {
      it("are merged into the settings in force, and the initial settings stay", async () => {
        const session = await storedSession({ status: "RUNNING" });
        const styles = [{ imageId: session.contentId, weight: 3 }];
        await storage.changes.add(session.id, brighter, ["RUNNING"]);
        const steered = await storage.changes.add(session.id, { settings: { beta: 8, steps: 99 }, styles }, ["RUNNING"]);
        const settings = { ...session.settings, alpha: 7, beta: 8, steps: 99 };
        expect(steered).toEqual({ ...session, settings, styles, revision: 2 });
        expect(await storage.sessions.find(session.id)).toEqual(steered);
        expect(steered?.initial).toEqual({ settings: session.settings, styles: session.styles });
      });

      it("are kept in order, and get their steps later", async () => {
        const session = await storedSession({ status: "RUNNING" });
        for (const alpha of [1, 2, 3]) await storage.changes.add(session.id, { settings: { alpha }, styles: null }, ["RUNNING"]);
        const waiting = await storage.changes.list(session.id);
        expect(waiting.map(({ settings, step }) => [settings.alpha, step])).toEqual([1, 2, 3].map((alpha) => [alpha, null]));

        expect((await storage.changes.settle(session.id, 4, waiting[0]!.ordinal))?.revision).toBe(4);
        expect(await storage.changes.settle(session.id, 5, waiting[0]!.ordinal)).toBeNull();
        await storage.changes.settle(session.id, 6);
        expect((await storage.changes.list(session.id)).map(({ step }) => step)).toEqual([4, 6, 6]);
        expect(await storage.changes.settle(session.id, 7)).toBeNull();
      });

      it("are both kept when two clients send them at once", async () => {
        const session = await storedSession({ status: "RUNNING" });
        const add = (settings: Change["settings"]) => storage.changes.add(session.id, { settings, styles: null }, ["RUNNING"]);
        await Promise.all([add({ alpha: 2 }), add({ beta: 3 }), add({ gamma: 4 })]);
        expect((await storage.sessions.find(session.id))?.settings).toMatchObject({ alpha: 2, beta: 3, gamma: 4 });
        expect(await storage.changes.list(session.id)).toHaveLength(3);
      });

      it("take an approval back together with what it was for, whenever it came, and only with other styles", async () => {
        const approved = { status: "RUNNING", visibility: "PUBLIC", approval: "APPROVED" } as const;
        const session = await storedSession(approved);
        const restyled: Change = { settings: {}, styles: [{ imageId: session.contentId, weight: 3 }] };
        const missing: Change = { settings: {}, styles: [{ imageId: randomUUID(), weight: 1 }] };
        const { sessions, changes } = storage;
        const change = (what: Change, from: "RUNNING" | "PAUSED" = "RUNNING") => changes.add(session.id, what, [from], "REOPENED");
        expect(await change(brighter)).toMatchObject({ approval: "APPROVED", settings: { alpha: 7 } });
        expect(await change(restyled, "PAUSED")).toBeNull();
        await expect(change(missing)).rejects.toMatchObject({ code: "NOT_FOUND" });
        expect(await sessions.find(session.id)).toMatchObject({ approval: "APPROVED", styles: session.styles });
        expect(await change(restyled)).toMatchObject({ approval: "PENDING", styles: restyled.styles });
        await sessions.update(session.id, { approval: "APPROVED" });
        expect(await changes.add(session.id, restyled, ["RUNNING"])).toMatchObject({ approval: "APPROVED" });

        for (let round = 0; round < 10; round++) {
          const { id, revision } = await storedSession({ ...approved, approval: "PENDING" });
          // The admin approves what was there before.
          const approve = () => sessions.update(id, { approval: "APPROVED" }, undefined, { revision });
          const steer = () => changes.add(id, restyled, ["RUNNING"], "REOPENED");
          await Promise.all(round % 2 === 0 ? [approve(), steer()] : [steer(), approve()]);
          expect(await sessions.find(id)).toMatchObject({ approval: "PENDING", styles: restyled.styles });
        }
      });

      it("are accepted only in the statuses given, and only by style transfers", async () => {
        const session = await storedSession({ status: "COMPLETED" });
        const translation = aTranslation(session.contentId, { status: "RUNNING" });
        await storage.sessions.insert(translation);
        for (const id of [session.id, translation.id, "unknown"]) {
          expect(await storage.changes.add(id, brighter, ["RUNNING"])).toBeNull();
          expect(await storage.changes.list(id)).toEqual([]);
        }
      });
    });

    describe("branches", () => {
      it("share their parent's frames through their step and the changes in force by then", async () => {
        const parent = await paintedSession(6);
        for (const [index, step] of [2, 4, 5].entries()) {
          await storage.changes.add(parent.id, { settings: { alpha: index }, styles: null }, ["RUNNING"]);
          await storage.changes.settle(parent.id, step);
        }
        await storage.changes.add(parent.id, brighter, ["RUNNING"]);
        const branch = branchOf(parent, 4);
        expect(await storage.sessions.insertBranch(branch, { settings: { alpha: 9 }, styles: null })).toBe(true);

        expect(await storage.sessions.find(branch.id)).toEqual(branch);
        expect(await stepsOf(branch.id)).toEqual([0, 1, 2, 3, 4]);
        expect((await storage.changes.list(branch.id)).map(({ step, settings }) => [step, settings.alpha])).toEqual([
          [2, 0],
          [4, 1],
          [4, 9],
        ]);
        expect(await storage.frames.find(branch.id, 3)).toEqual({ ...(await storage.frames.find(parent.id, 3)), sessionId: branch.id });
        expect(await storage.frames.byteLengthOf(branch.id)).toBe(500);
        const page = { first: 5, skip: 0 };
        const found = await storage.sessions.branches([parent.id, branch.id], page);
        expect([found.get(parent.id), found.get(branch.id)]).toEqual([[branch], []]);
        expect(await storage.changes.counts([parent.id, branch.id])).toEqual(
          new Map([
            [parent.id, 4],
            [branch.id, 3],
          ]),
        );
        expect((await storage.sessions.find(parent.id))?.revision).toBe(8);
      });

      it("keep their pictures when their parent is deleted", async () => {
        const parent = await paintedSession(3);
        const branch = branchOf(parent, 2);
        await storage.sessions.insertBranch(branch, null);
        const shared = (await storage.frames.find(branch.id, 1))!.digest;
        const last = (await storage.frames.find(parent.id, 3))!.digest;
        expect(await storage.sessions.delete(parent.id)).toEqual([last]);
        expect(await storage.sessions.find(branch.id)).toMatchObject({ parentId: null, branchedAtStep: 2 });
        expect(await stepsOf(branch.id)).toEqual([0, 1, 2]);
        expect((await storage.blobs.get(shared)).byteLength).toBeGreaterThan(0);
        expect(await storage.sessions.delete(branch.id)).toHaveLength(3);
        expect(await storage.sessions.delete(branch.id)).toBeNull();
      });

      it("are refused at a step that is not kept", async () => {
        const parent = await paintedSession(1);
        const branch = branchOf(parent, 2);
        expect(await storage.sessions.insertBranch(branch, null)).toBe(false);
        expect(await storage.sessions.find(branch.id)).toBeNull();
      });
    });

    describe("filters", () => {
      it("find the sessions of a model", async () => {
        const model = `model-${crypto.randomUUID()}`;
        const session = await storedSession();
        const other = aSession(session.contentId, { settings: { ...session.settings, model } });
        await storage.sessions.insert(other);
        expect((await storage.sessions.list(everything, { models: [model] })).rows).toEqual([other]);
        expect((await storage.sessions.list(everything, { models: [`${model}-x`, model] })).rows).toEqual([other]);
      });

      it("find the sessions and branches that used an image at any step", async () => {
        const [content, first, second, third] = await Promise.all(
          Array.from({ length: 4 }, async () => {
            const image = anImage();
            await storage.images.insert(image);
            return image.id;
          }),
        );
        const styled = (imageId: string) => [{ imageId, weight: 1 }];
        const session = aSession(content!, { status: "RUNNING", styles: styled(first!) });
        await storage.sessions.insert(session);
        await storage.frames.insert(aFrame(session.id, 0));
        for (const style of [second!, third!]) await storage.changes.add(session.id, { settings: {}, styles: styled(style) }, ["RUNNING"]);
        const translation = aTranslation(first!);
        await storage.sessions.insert(translation);
        const branch = branchOf(session, 0);
        await storage.sessions.insertBranch(branch, null);

        const found = async (filter: { imageId?: string; styleImageId?: string }) =>
          new Set((await storage.sessions.list(everything, filter)).rows.map(({ id }) => id));
        for (const image of [content!, second!, third!]) expect(await found({ imageId: image })).toEqual(new Set([session.id, branch.id]));
        expect(await found({ imageId: first! })).toEqual(new Set([session.id, branch.id, translation.id]));
        expect(await found({ styleImageId: first! })).toEqual(new Set([session.id, branch.id]));
        expect(await found({ styleImageId: content! })).toEqual(new Set([branch.id]));
        const ids = [content!, first!, second!, third!];
        const [pages, counts] = [await storage.sessions.listUsing(ids, everything), await storage.sessions.countUsing(ids)];
        for (const imageId of ids) {
          expect(pages.get(imageId)).toEqual(await storage.sessions.list(everything, { imageId }));
          expect(counts.get(imageId)).toBe(await storage.sessions.count({ imageId }));
        }
        await storage.sessions.delete(branch.id);
        expect(await found({ imageId: second! })).toEqual(new Set([session.id]));
      });
    });

    describe("a loss curve", () => {
      it("keeps its extremes, however few points are requested", async () => {
        const session = await storedSession({ status: "RUNNING" });
        const losses = (total: number) => ({ total, content: 0, style: 0, tv: 0, layers: [] });
        const totals = Array.from({ length: 300 }, (_, step) => (step === 123 ? 9000 : step === 211 ? 0.001 : 100 - step / 10));
        for (const [step, total] of totals.entries()) await storage.frames.insert(aFrame(session.id, step, { losses: losses(total) }));
        for (const points of [4, 5, 20, 101]) {
          const curve = (await storage.frames.lossesOf([session.id], {}, points)).get(session.id) ?? [];
          expect(curve.length).toBeLessThanOrEqual(points);
          const steps = curve.map(({ step }) => step);
          expect(steps).toEqual([...steps].sort((a, b) => a - b));
          expect(steps).toEqual(expect.arrayContaining([0, 123, 211, 299]));
        }
      });
    });

    describe("thinning", () => {
      it("keeps evenly spaced frames, with the first, the last, steered steps and branching points", async () => {
        const session = await paintedSession(20);
        await storage.changes.add(session.id, brighter, ["RUNNING"]);
        await storage.changes.settle(session.id, 7);
        await storage.sessions.insertBranch(branchOf(session, 9), null);
        const shared = new Set(await stepsOf(session.id));
        const gone = await storage.frames.thin(session.id, 1000);
        const left = await stepsOf(session.id);
        expect(left).toEqual([0, 4, 7, 8, 9, 12, 16, 20]);
        expect(await storage.frames.byteLengthOf(session.id)).toBe(800);
        expect((await storage.frames.countOf([session.id], {})).get(session.id)).toBe(8);
        // Frames through step 9 belong to the branch too.
        expect(gone).toHaveLength([...shared].filter((step) => step > 9 && !left.includes(step)).length);
      });

      it("deletes nothing within the limit, and everything it may delete when the limit is 0", async () => {
        const session = await paintedSession(5);
        expect(await storage.frames.thin(session.id, 600)).toEqual([]);
        await storage.frames.thin(session.id, 0);
        expect(await stepsOf(session.id)).toEqual([0, 5]);
      });

      it("finds the session whose frames take the most space", async () => {
        const session = await storedSession();
        await storage.frames.insert(aFrame(session.id, 0, { byteLength: 2_000_000_000 }));
        expect(await storage.frames.largest()).toEqual({ sessionId: session.id, byteLength: 2_000_000_000 });
      });
    });
  });
}
