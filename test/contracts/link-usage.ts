import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LinkRecord } from "../../server/records/access.js";
import type { OpenLinks } from "../../server/storage/access.js";
import type { OpenSessions, Storage } from "../../server/storage/storage.js";
import { aLink, aUser } from "./access.js";
import { aFilm, anImage, aSession } from "./records.js";

/** What every storage tells of those who came by one link. `open` returns one that may hold rows of other tests. */
export function linkUsageContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage of what links are used for`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    it("tells what those who came by one link have together, also after they left, and programs with its secret", async () => {
      const { access, images, sessions } = storage;
      const [link, other] = [aLink(), aLink()];
      for (const each of [link, other]) await access.addLink(each, randomUUID());
      const came = async (by: LinkRecord) => {
        const id = randomUUID();
        await access.admit(id, randomUUID(), by);
        return id;
      };
      /** What is counted for a session of the link, which is not stored. */
      const openOf = async ({ id }: LinkRecord) => {
        const session = aSession((await images.insert(anImage())).id);
        let counted = -1;
        const require = ({ ofLink }: OpenSessions) => {
          counted = ofLink;
          throw new Error("There is no place.");
        };
        await expect(sessions.insert(session, [], { linkId: id, require })).rejects.toThrow("There is no place.");
        return counted;
      };
      const [one, two, foreign] = [await came(link), await came(link), await came(other)];
      expect([await access.byteLengthOfLink(link.id), await openOf(link)]).toEqual([0, 0]);
      const picture = async (ownerId: string, byteLength: number) => (await images.insert(anImage({ ownerId, byteLength }))).id;
      for (const status of ["QUEUED", "COMPLETED"] as const)
        await sessions.insert(aSession(await picture(one, 1e9), { ownerId: one, status }));
      await sessions.insert(aSession(await picture(two, 2e9), { ownerId: two, status: "RUNNING" }));
      await sessions.insert(aSession(await picture(foreign, 1e6), { ownerId: foreign, status: "RUNNING" }));
      await picture(link.id, 5e8);
      await access.dismiss(one);
      expect([await access.byteLengthOfLink(link.id), await openOf(link), await openOf(other)]).toEqual([4_500_000_000, 2, 1]);
      expect(await Promise.all([one, foreign, link.id].map((id) => access.linkBehind(id)))).toEqual([link.id, other.id, null]);
    });

    it("counts what an owner and those who came by one link keep, of any status, when a session is started or resumed", async () => {
      const { access, images, sessions } = storage;
      const link = aLink();
      await access.addLink(link, randomUUID());
      const [one, two] = [randomUUID(), randomUUID()];
      for (const id of [one, two]) await access.admit(id, randomUUID(), link);
      const imageId = (await images.insert(anImage())).id;
      const paused = aSession(imageId, { ownerId: one, status: "PAUSED" });
      await sessions.insert(paused);
      for (const ownerId of [one, two, two, link.id, randomUUID()]) await sessions.insert(aSession(imageId, { ownerId, status: "FAILED" }));
      const counted: (readonly number[])[] = [];
      const place = (linkId: string | null) => ({
        linkId,
        require: ({ kept, keptOfLink }: OpenSessions) => void counted.push([kept, keptOfLink]),
      });
      await sessions.insert(aSession(imageId, { ownerId: one }), [], place(link.id));
      await sessions.resume(paused.id, place(link.id));
      await sessions.insertBranch(aSession(imageId, { ownerId: two, parentId: paused.id, branchedAtStep: 0 }), null, place(null));
      expect(counted).toEqual([
        [2, 5],
        [3, 6],
        [2, 0],
      ]);
    });

    it("counts the open links of an owner and of those who came by one link, and stores none without a place", async () => {
      const { access } = storage;
      const came = aLink();
      await access.addLink(came, randomUUID());
      const [one, two] = [randomUUID(), randomUUID()];
      for (const id of [one, two]) await access.admit(id, randomUUID(), came);
      const of = (ownerId: string, changes: Partial<LinkRecord> = {}) => aLink({ ownerId, ...changes });
      const past = new Date(Date.now() - 1000);
      const made = [of(one), of(two), of(two, { expiresAt: new Date(Date.now() + 60_000) }), of(came.id)];
      for (const link of [...made, of(one, { expiresAt: past }), of(two, { revokedAt: past }), of(randomUUID())]) {
        await access.addLink(link, randomUUID());
      }
      const counted: OpenLinks[] = [];
      const place = (linkId: string | null) => ({ linkId, require: (open: OpenLinks) => void counted.push(open) });
      await access.addLink(of(two), randomUUID(), place(came.id));
      await access.addLink(of(two), randomUUID(), place(null));
      const full = () => {
        throw new Error("There is no place.");
      };
      const refused = of(one);
      await expect(access.addLink(refused, randomUUID(), { linkId: came.id, require: full })).rejects.toThrow("There is no place.");
      expect(await access.findLink(refused.id)).toBeNull();
      expect(counted).toEqual([
        { own: 2, ofLink: 4 },
        { own: 3, ofLink: 0 },
      ]);
    });

    it("stores no more links at once than there are places for", async () => {
      const { access } = storage;
      const ownerId = randomUUID();
      const require = ({ own }: OpenLinks) => {
        if (own >= 2) throw new Error("There is no place.");
      };
      await Promise.allSettled(
        Array.from({ length: 6 }, () => access.addLink(aLink({ ownerId }), randomUUID(), { linkId: null, require })),
      );
      expect(await access.links({ first: 10, skip: 0 }, { ownerId })).toHaveLength(2);
    });

    it("tells what owners have, those with the most bytes first, and their names", async () => {
      const { access, images, sessions, films } = storage;
      const [link, user] = [aLink({ name: "Class" }), await access.saveUser(aUser({ name: "Ada" }))];
      await access.addLink(link, randomUUID());
      const visitor = { id: randomUUID(), createdAt: new Date() };
      await access.addVisitor(visitor, randomUUID());
      await access.admit(visitor.id, randomUUID(), link);
      const picture = async (ownerId: string, byteLength: number) => (await images.insert(anImage({ ownerId, byteLength }))).id;
      await sessions.insert(aSession(await picture(visitor.id, 2e9), { ownerId: visitor.id, status: "RUNNING" }));
      await sessions.insert(aSession(await picture(user.id, 1_500_000_000), { ownerId: user.id, status: "COMPLETED" }));
      await picture(user.id, 1_600_000_000);
      await picture(link.id, 1_000_000_000);
      // Of one that is being made there is nothing yet.
      const filmed = randomUUID();
      for (const [ownerId, bytes] of [
        [user.id, 100_000_000],
        [user.id, null],
        [filmed, 900_000_000],
        [filmed, 3_000_000],
      ] as const)
        await films.insert(aFilm({}, { ownerId, bytes }), { makerId: randomUUID(), leaseMs: 60_000 });
      const all = await access.usage(1000);
      expect(all.filter(({ ownerId }) => [user.id, visitor.id, link.id, filmed].includes(ownerId))).toEqual([
        { ownerId: user.id, name: "Ada", sessions: 1, openSessions: 0, pictures: 2, films: 1, byteLength: 3_200_000_000 },
        { ownerId: visitor.id, name: "Class", sessions: 1, openSessions: 1, pictures: 1, films: 0, byteLength: 2e9 },
        { ownerId: link.id, name: "Class", sessions: 0, openSessions: 0, pictures: 1, films: 0, byteLength: 1e9 },
        { ownerId: filmed, name: null, sessions: 0, openSessions: 0, pictures: 0, films: 2, byteLength: 903_000_000 },
      ]);
      expect(await access.usage(2)).toEqual(all.slice(0, 2));
    });
  });
}
