import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Approval,
  type LinkFilter,
  type LinkRecord,
  LOCAL_OWNER,
  type Reader,
  type UserRecord,
  type Visibility,
} from "../../server/records/access.js";
import type { Storage } from "../../server/storage/storage.js";
import { aFrame, anImage, aSession, storeSession } from "./records.js";

export function aLink(changes: Partial<LinkRecord> = {}): LinkRecord {
  const base = { id: randomUUID(), name: "Class", ownerId: "teacher", createdAt: new Date(), expiresAt: null, revokedAt: null };
  return { ...base, kind: "ACCESS", role: "ARTIST", sessionId: null, output: null, actsFor: null, ...changes } as LinkRecord;
}

export function aUser(changes: Partial<UserRecord> = {}): UserRecord {
  const account = { issuer: "https://id.example/", subject: randomUUID(), name: "Kim", role: "ARTIST" as const };
  return { id: randomUUID(), ...account, lastSignInAt: new Date(), accessEndedAt: null, ...changes };
}

const first = { first: 100, after: null };

/** What every storage does about owners, readers, links and visitors. `open` returns one that may hold rows of other tests. */
export function accessContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage of owners and links`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    it("a reader finds their own sessions, the public ones and those that were shared with them", async () => {
      const [me, other] = [randomUUID(), randomUUID()];
      const own = await storeSession(storage, { ownerId: me });
      const hidden = await storeSession(storage, { ownerId: other });
      const shared = await storeSession(storage, { ownerId: other, visibility: "LINK" });
      const open = await storeSession(storage, { ownerId: other, visibility: "PUBLIC", approval: "APPROVED" });
      const waiting = await storeSession(storage, { ownerId: other, visibility: "PUBLIC", approval: "PENDING" });
      const refused = await storeSession(storage, { ownerId: other, visibility: "LINK", approval: "REFUSED" });
      const all = [own, hidden, shared, open, waiting, refused];
      const seenBy = async (reader: Reader | null) => {
        const found = await storage.sessions.findAll(
          all.map(({ id }) => id),
          reader,
        );
        const one = await Promise.all(all.map(({ id }) => storage.sessions.find(id, reader)));
        expect(one.flatMap((session) => session?.id ?? []).sort()).toEqual([...found.keys()].sort());
        const listed = (await storage.sessions.list(first, reader ? { reader } : {})).rows.map(({ id }) => id);
        expect(
          all
            .filter(({ id }) => listed.includes(id))
            .map(({ id }) => id)
            .sort(),
        ).toEqual([...found.keys()].sort());
        const images = await storage.images.findAll(
          all.map(({ contentId }) => contentId),
          reader,
        );
        // The pictures belong to nobody here: they are seen with their sessions.
        expect(
          all
            .filter(({ contentId }) => images.has(contentId))
            .map(({ id }) => id)
            .sort(),
        ).toEqual([...found.keys()].sort());
        return all.map(({ id }) => found.has(id));
      };
      expect(await seenBy(null)).toEqual([true, true, true, true, true, true]);
      expect(await seenBy({ ownerId: me, shared: [] })).toEqual([true, false, false, true, false, false]);
      expect(await seenBy({ ownerId: me, shared: [shared.id, hidden.id, refused.id] })).toEqual([true, false, true, true, false, false]);
      expect(await seenBy({ ownerId: null, shared: [] })).toEqual([false, false, false, true, false, false]);
      expect(await seenBy({ ownerId: other, shared: [] })).toEqual([false, true, true, true, true, true]);
      expect((await storage.sessions.list(first, { approval: "PENDING" })).rows).toEqual([waiting]);
    });

    it("decisions about a session at once come one after the other, each on what the one before it left", async () => {
      const { id } = await storeSession(storage, { visibility: "PUBLIC", approval: "PENDING" });
      const after = (visibility: Visibility) => (approval: Approval | null) =>
        visibility === "PRIVATE" ? null : approval === null ? ("PENDING" as const) : approval;
      const decide = (visibility: Visibility) => storage.sessions.setVisibility(id, visibility, after(visibility));
      for (let round = 0; round < 10; round++) {
        const decided = await Promise.all([decide("PRIVATE"), decide("PUBLIC"), decide("PRIVATE"), decide("LINK")]);
        for (const session of decided) expect(session?.approval).toBe(session?.visibility === "PRIVATE" ? null : "PENDING");
        expect(new Set(decided.map((session) => session?.revision)).size).toBe(4);
      }
      await storage.sessions.update(id, { approval: "REFUSED" });
      expect(await decide("PUBLIC")).toMatchObject({ visibility: "PUBLIC", approval: "REFUSED" });
      expect(await storage.sessions.setVisibility(randomUUID(), "PUBLIC", () => null)).toBeNull();
    });

    it("a picture that was shared is seen by its id, and is in no other list", async () => {
      const { images } = storage;
      const [me, other] = [randomUUID(), randomUUID()];
      const { id } = await images.insert(anImage({ ownerId: other }));
      const seen = async (ownerId: string | null) => (await images.find(id, { ownerId, shared: [] })) !== null;
      expect([await seen(me), await seen(null)]).toEqual([false, false]);
      expect(await images.setVisibility(id, "LINK")).toMatchObject({ id, visibility: "LINK" });
      expect([await seen(me), await seen(null)]).toEqual([true, false]);
      await images.setVisibility(id, "PUBLIC");
      expect([await seen(me), await seen(null)]).toEqual([true, true]);
      expect((await images.list(first, me)).rows).toEqual([]);
      expect(await images.setVisibility(randomUUID(), "LINK")).toBeNull();
    });

    it("adds the link of a first admin once, and again when no admin's is open", async () => {
      const [{ access }, at] = [storage, new Date()];
      const open = () => access.links({ first: 1000, skip: 0 }, { kind: "ACCESS", openAt: at });
      for (const { id } of await open()) await access.revokeLink(id, at);
      const add = () => access.addFirstAdmin(aLink({ role: "ADMIN" }), randomUUID(), at);
      expect((await Promise.all([add(), add(), add()])).sort()).toEqual([false, false, true]);
      for (const { id } of await open()) await access.revokeLink(id, at);
      expect(await add()).toBe(true);
    });

    it("knows what is outdated: old, idle, and not an admin's, also not one's who left", async () => {
      const { access, sessions, images } = storage;
      const [old, by] = [new Date(Date.now() - 10_000), new Date(Date.now() - 5000)];
      const [artist, admin] = [aLink(), aLink({ role: "ADMIN" })];
      for (const link of [artist, admin]) await access.addLink(link, randomUUID());
      const comeBy = async (link: LinkRecord) => {
        const visitor = { id: randomUUID(), createdAt: new Date() };
        await access.addVisitor(visitor, randomUUID());
        await access.admit(visitor.id, randomUUID(), link);
        return visitor.id;
      };
      const [visitor, teacher] = [await comeBy(artist), await comeBy(admin)];
      await access.dismiss(teacher);
      const ended = { status: "COMPLETED", createdAt: old, finishedAt: old } as const;
      const [painter, head] = [await access.saveUser(aUser()), await access.saveUser(aUser({ role: "ADMIN" }))];
      const outdated = [
        await storeSession(storage, { ...ended, ownerId: visitor, starred: true }),
        await storeSession(storage, { ...ended, ownerId: painter.id }),
        await storeSession(storage, { ...ended, ownerId: artist.id, expiresAt: new Date(Date.now() + 60_000) }),
        await storeSession(storage, { ...ended, ownerId: visitor, status: "PAUSED", finishedAt: null }),
      ];
      const painted = await storeSession(storage, { ...ended, ownerId: visitor, status: "PAUSED", finishedAt: null });
      await storage.frames.insert(aFrame(painted.id, 0));
      const kept = [
        painted,
        await storeSession(storage, { ...ended, ownerId: visitor, finishedAt: new Date() }),
        await storeSession(storage, { ...ended, ownerId: visitor, queuedAt: new Date(), status: "PAUSED", finishedAt: null }),
        await storeSession(storage, { ...ended, ownerId: visitor, status: "RUNNING", finishedAt: null }),
        await storeSession(storage, { ...ended, ownerId: visitor, status: "QUEUED", finishedAt: null }),
        await storeSession(storage, { ...ended, ownerId: teacher }),
        await storeSession(storage, { ...ended, ownerId: admin.id }),
        await storeSession(storage, { ...ended, ownerId: head.id }),
        await storeSession(storage, { ...ended, ownerId: LOCAL_OWNER }),
      ];
      const found = await sessions.outdated(by);
      for (const { id } of outdated) expect(found).toContain(id);
      for (const { id } of kept) expect(found).not.toContain(id);

      const upload = async (ownerId: string, createdAt = old) => (await images.insert(anImage({ ownerId, createdAt }))).id;
      const used = await upload(visitor);
      await sessions.insert(aSession(used, { ownerId: visitor }));
      const unused = await upload(visitor);
      expect(await images.outdated(by)).toContain(unused);
      for (const id of [used, await upload(teacher), await upload(visitor, new Date())])
        expect(await images.outdated(by)).not.toContain(id);
    });

    it("counts, uses and branches leave out what a reader may not see", async () => {
      const [me, other] = [randomUUID(), randomUUID()];
      const open = await storeSession(storage, { ownerId: other, visibility: "PUBLIC" });
      const hidden = aSession(open.contentId, { ownerId: other, parentId: open.id, branchedAtStep: 0 });
      const own = aSession(open.contentId, { ownerId: me, parentId: open.id, branchedAtStep: 0 });
      for (const session of [hidden, own]) await storage.sessions.insert(session);
      const reader = { ownerId: me, shared: [] };
      expect(await storage.sessions.count({ reader, imageId: open.contentId })).toBe(2);
      expect((await storage.sessions.countUsing([open.contentId], reader)).get(open.contentId)).toBe(2);
      expect((await storage.sessions.countUsing([open.contentId])).get(open.contentId)).toBe(3);
      const using = (await storage.sessions.listUsing([open.contentId], first, reader)).get(open.contentId);
      expect(using?.rows.map(({ id }) => id).sort()).toEqual([open.id, own.id].sort());
      const branches = (await storage.sessions.branches([open.id], { first: 10, skip: 0 }, reader)).get(open.id);
      expect(branches?.map(({ id }) => id)).toEqual([own.id]);
      expect((await storage.sessions.list(first, { ownerId: me })).rows.map(({ id }) => id)).toEqual([own.id]);
    });

    it("identical bytes are one picture of an owner, and another one of somebody else", async () => {
      const { images } = storage;
      const [me, other] = [randomUUID(), randomUUID()];
      const mine = await images.insert(anImage({ ownerId: me }));
      const again = anImage({ ownerId: me, digest: mine.digest });
      const theirs = anImage({ ownerId: other, digest: mine.digest });
      expect((await images.insert(again)).id).toBe(mine.id);
      expect((await images.insert(theirs)).id).toBe(theirs.id);
      expect((await images.findByDigest(mine.digest, { ownerId: me, shared: [] }))?.id).toBe(mine.id);
      expect((await images.list(first, other)).rows.map(({ id }) => id)).toEqual([theirs.id]);
      expect(await images.count(other)).toBe(1);
      expect(await images.find(mine.id, { ownerId: other, shared: [] })).toBeNull();
    });

    it("everything that is older than owners belongs to the local one", async () => {
      const session = await storeSession(storage);
      expect(session).toMatchObject({ ownerId: LOCAL_OWNER, visibility: "PRIVATE" });
    });

    it("links are found by the hash of their secret, and revoked once", async () => {
      const { access } = storage;
      const session = await storeSession(storage);
      const [link, share] = [aLink(), aLink({ kind: "SHARE", role: null, sessionId: session.id } as Partial<LinkRecord>)];
      await access.addLink(link, "hash of link");
      await access.addLink(share, "hash of share");
      expect(await access.linkOf("hash of link")).toEqual(link);
      expect(await access.linkOf("another hash")).toBeNull();
      expect(await access.findLink(share.id)).toEqual(share);
      const all = { first: 1000, skip: 0 };
      const ids = async (filter: LinkFilter, page = all) => (await access.links(page, filter)).map(({ id }) => id);
      expect(await access.links(all, { sessionId: session.id })).toEqual([share]);
      expect(await ids({})).toEqual(expect.arrayContaining([link.id, share.id]));
      expect(await ids({ kind: "ACCESS" })).not.toContain(share.id);
      expect(await ids({ ownerId: randomUUID() })).toEqual([]);
      const newest = await ids({});
      expect(await ids({}, { first: 1, skip: 1 })).toEqual(newest.slice(1, 2));
      const past = aLink({ expiresAt: new Date(Date.now() - 1000) });
      await access.addLink(past, randomUUID());
      expect(await ids({ openAt: new Date() })).toContain(link.id);
      expect(await ids({ openAt: new Date() })).not.toContain(past.id);
      const at = new Date();
      expect(await access.revokeLink(link.id, at)).toEqual({ ...link, revokedAt: at });
      expect(await access.revokeLink(link.id, new Date())).toBeNull();
      expect(await ids({ openAt: at })).not.toContain(link.id);
      expect(await access.linkOf("hash of link")).toEqual({ ...link, revokedAt: at });
      await storage.sessions.delete(session.id);
      expect(await access.findLink(share.id)).toBeNull();
    });

    it("a visitor is known by the secret that they have now, with the links that they opened", async () => {
      const { access } = storage;
      const session = await storeSession(storage);
      const [link, share] = [aLink(), aLink({ kind: "SHARE", role: null, sessionId: session.id } as Partial<LinkRecord>)];
      await access.addLink(link, randomUUID());
      await access.addLink(share, randomUUID());
      const visitor = { id: randomUUID(), createdAt: new Date() };
      const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
      await access.addVisitor(visitor, one);
      expect(await access.visitorOf(one)).toEqual({ ...visitor, link: null, shares: [], signIn: null });
      await access.admit(visitor.id, two, link);
      // The answer with the new secret may have been lost.
      expect(await access.visitorOf(one)).toEqual({ ...visitor, link, shares: [], signIn: null });
      expect(await access.visitorOf(two)).toEqual({ ...visitor, link, shares: [], signIn: null });
      expect(await access.endPrevious(one)).toBeNull();
      expect(await access.endPrevious(two)).toBe(visitor.id);
      expect(await access.endPrevious(two)).toBeNull();
      expect(await access.visitorOf(one)).toBeNull();
      for (let time = 0; time < 2; time++) await access.admit(visitor.id, three, share);
      expect(await access.visitorOf(three)).toEqual({ ...visitor, link, shares: [share], signIn: null });
      expect(await access.findVisitor(visitor.id)).toEqual(await access.visitorOf(three));
      expect(await access.findVisitor(randomUUID())).toBeNull();
      await access.dismiss(visitor.id);
      expect(await access.visitorOf(three)).toBeNull();
      expect(await access.findVisitor(visitor.id)).toBeNull();
    });

    it("a visitor opens another link by a secret that holds, of which the one before has nothing that was shared since", async () => {
      const { access } = storage;
      const session = await storeSession(storage);
      const [link, share] = [aLink(), aLink({ kind: "SHARE", role: null, sessionId: session.id } as Partial<LinkRecord>)];
      for (const one of [link, share]) await access.addLink(one, randomUUID());
      const [id, first, second, third, fourth] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      expect(await access.admit(id, first, link, { hash: randomUUID(), ends: false })).toBe(true);
      expect(await access.admit(id, second, share, { hash: randomUUID(), ends: false })).toBe(false);
      expect(await access.visitorOf(first)).toMatchObject({ id, shares: [] });
      expect(await access.admit(id, second, share, { hash: first, ends: false })).toBe(true);
      expect((await access.visitorOf(second))?.shares).toEqual([share]);
      expect(await access.visitorOf(first)).toMatchObject({ id, link, shares: [] });
      expect(await access.admit(id, third, link, { hash: first, ends: false })).toBe(true);
      expect((await access.visitorOf(third))?.shares).toEqual([]);
      expect(await access.admit(id, fourth, link, { hash: third, ends: true })).toBe(true);
      expect(await access.visitorOf(third)).toBeNull();
      expect(await access.visitorOf(fourth)).toMatchObject({ id, link });
    });

    it("a visitor who was forgotten while they open a link is known again", async () => {
      const { access } = storage;
      const [link, id, hash] = [aLink(), randomUUID(), randomUUID()];
      await access.addLink(link, randomUUID());
      await access.admit(id, hash, link);
      expect(await access.visitorOf(hash)).toMatchObject({ id, link });
    });

    it("forgets visitors who can never come back and own nothing, some at a time", async () => {
      const { access, images } = storage;
      const at = (year: number) => new Date(Date.UTC(year, 0));
      const [early, ended, by, later] = [at(1980), at(1985), at(1990), at(2000)];
      const [session, user] = [await storeSession(storage), await access.saveUser(aUser())];
      const linkWith = async (changes: Partial<LinkRecord>) => {
        const link = aLink(changes);
        await access.addLink(link, randomUUID());
        return link;
      };
      const shareWith = (changes: Partial<LinkRecord> = {}) =>
        linkWith({ kind: "SHARE", role: null, sessionId: session.id, ...changes } as Partial<LinkRecord>);
      const come = async (opened: readonly LinkRecord[], until: Date | null = null, createdAt = early) => {
        const [id, hash] = [randomUUID(), randomUUID()];
        await access.addVisitor({ id, createdAt }, hash, until === null ? undefined : { user: user.id, until });
        for (const link of opened) await access.admit(id, hash, link);
        return { id, hash };
      };
      const [revoked, open] = [await linkWith({ revokedAt: ended }), await linkWith({ expiresAt: later })];
      const forgotten = [
        await come([]),
        await come([revoked]),
        await come([await linkWith({ expiresAt: ended }), await shareWith({ revokedAt: ended })]),
        await come([], ended),
      ];
      await access.dismiss((await come([open])).id);
      const owners = [await come([revoked]), await come([revoked]), await come([revoked])];
      await storeSession(storage, { ownerId: owners[0]?.id ?? "" });
      await images.insert(anImage({ ownerId: owners[1]?.id ?? "" }));
      await linkWith({ ownerId: owners[2]?.id ?? "" });
      const kept = [
        ...owners,
        await come([open]),
        await come([await linkWith({ revokedAt: later })]),
        await come([revoked, await shareWith()]),
        await come([], later),
        await come([], null, later),
        // What a user owns is an admin's because of this visitor.
        await come([await linkWith({ role: "ADMIN", revokedAt: ended })], ended),
      ];
      expect(await access.forgetVisitors(by, 3)).toBe(3);
      expect(await access.forgetVisitors(by, 100)).toBe(2);
      expect(await access.forgetVisitors(by, 100)).toBe(0);
      for (const { hash } of forgotten) expect(await access.visitorOf(hash)).toBeNull();
      for (const { id, hash } of kept) expect(await access.visitorOf(hash)).toMatchObject({ id });
    });

    it("a token is stored with the owner that it acts for", async () => {
      const token = aLink({ kind: "TOKEN", role: "VIEWER", actsFor: "another" } as Partial<LinkRecord>);
      const hash = randomUUID();
      await storage.access.addLink(token, hash);
      expect(await storage.access.linkOf(hash)).toEqual(token);
      expect((await storage.access.links({ first: 1, skip: 0 }, { kind: "TOKEN" }))[0]).toEqual(token);
    });

    it("an account is one user, who keeps their id and the end of their access when they sign in again", async () => {
      const { access } = storage;
      const user = aUser();
      expect(await access.saveUser(user)).toEqual(user);
      const again = aUser({ ...user, id: randomUUID(), name: "Kim Lee", role: "ADMIN", lastSignInAt: new Date(Date.now() + 5000) });
      const at = new Date();
      expect(await access.setAccessEnd(user.id, at)).toEqual({ ...user, accessEndedAt: at });
      expect(await access.saveUser(again)).toEqual({ ...again, id: user.id, accessEndedAt: at });
      expect(await access.userOf(user.issuer, user.subject)).toEqual({ ...again, id: user.id, accessEndedAt: at });
      expect((await access.setAccessEnd(user.id, null))?.accessEndedAt).toBeNull();
      expect(await access.setAccessEnd(randomUUID(), at)).toBeNull();
      // The same subject of another provider is somebody else.
      expect(await access.userOf("https://other.example/", user.subject)).toBeNull();
      const other = await access.saveUser(aUser({ issuer: "https://other.example/", subject: user.subject }));
      expect(other.id).not.toBe(user.id);
      const listed = await access.users({ first: 2, skip: 0 });
      expect(listed.map(({ id }) => id)).toEqual([user.id, other.id]);
      expect(await access.users({ first: 1, skip: 1 })).toEqual(listed.slice(1));
    });

    it("tells whether a user of an issuer has a role, and access", async () => {
      const { access } = storage;
      const issuer = `https://${randomUUID()}.example/`;
      const { id } = await access.saveUser(aUser({ issuer, role: "ADMIN" }));
      const has = async () => [await access.hasUser(issuer, "ADMIN"), await access.hasUser(issuer, "VIEWER")];
      expect(await has()).toEqual([true, false]);
      await access.setAccessEnd(id, new Date());
      expect(await has()).toEqual([false, false]);
    });

    it("a visitor may be a user until an instant, and is nobody once dismissed", async () => {
      const { access } = storage;
      const user = await access.saveUser(aUser());
      const signIn = { user, until: new Date(Date.now() + 1000) };
      const [one, two] = [randomUUID(), randomUUID()];
      const visitor = { id: randomUUID(), createdAt: new Date() };
      await access.addVisitor(visitor, one, { ...signIn, user: user.id });
      expect(await access.visitorOf(one)).toEqual({ ...visitor, link: null, shares: [], signIn });
      expect(await access.visitorsOfUser(user.id)).toEqual([visitor.id]);
      const link = aLink();
      await access.addLink(link, randomUUID());
      await access.admit(visitor.id, two, link);
      expect(await access.visitorOf(two)).toEqual({ ...visitor, link, shares: [], signIn });
      await access.dismiss(visitor.id);
      expect(await access.visitorOf(two)).toBeNull();
      expect(await access.visitorsOfUser(user.id)).toEqual([]);
    });

    it("ends an attempt to sign in once, and keeps one shared key", async () => {
      const [state, until] = [`state ${Math.random()}`, new Date(2000)];
      expect(await Promise.all([1, 2].map(() => storage.access.endAttempt(state, until, new Date(1000))))).toContain(true);
      expect(await storage.access.endAttempt(state, until, new Date(1000))).toBe(false);
      expect(await storage.access.endAttempt("another", until, new Date(3000))).toBe(true);
      expect(await storage.access.endAttempt(state, until, new Date(1000))).toBe(true);
      const name = `key ${Math.random()}`;
      expect(await storage.access.sharedKey(name, "first")).toBe("first");
      expect(await storage.access.sharedKey(name, "second")).toBe("first");
    });
  });
}
