import type { Reader } from "../records/access.js";
import type { Storage } from "../storage/storage.js";

/**
 * The storage as a reader finds it: sessions and pictures that they may not see do not exist, and its list of pictures has
 * their own. Whatever reads sessions and pictures through it keeps to the policy. Null is someone who sees everything.
 */
export function storageFor(reader: Reader | null, storage: Storage): Storage {
  if (reader === null) return storage;
  const { images, sessions } = storage;
  // A stranger has no pictures; no owner has this id.
  const ownerId = reader.ownerId ?? "";
  const isStranger = reader.ownerId === null;
  return {
    ...storage,
    images: {
      ...images,
      find: (id) => images.find(id, reader),
      findAll: (ids) => images.findAll(ids, reader),
      list: (page) => images.list(page, ownerId),
      count: () => images.count(ownerId),
      findByDigest: (digest) => images.findByDigest(digest, reader),
    },
    sessions: {
      ...sessions,
      find: (id) => sessions.find(id, reader),
      findAll: (ids) => sessions.findAll(ids, reader),
      list: (page, filter, order) => sessions.list(page, { ...filter, reader }, order),
      count: (filter) => sessions.count({ ...filter, reader }),
      // A stranger sees a session, and never a list of others.
      listUsing: async (imageIds, page) => (isStranger ? new Map() : sessions.listUsing(imageIds, page, reader)),
      countUsing: async (imageIds) => (isStranger ? new Map() : sessions.countUsing(imageIds, reader)),
      branches: async (ids, page) => (isStranger ? new Map() : sessions.branches(ids, page, reader)),
    },
  };
}
