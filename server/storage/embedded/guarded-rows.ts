import type { SpaceGuard } from "../common/space.js";
import type { Storage } from "../storage.js";

type Rows = Pick<Storage, "images" | "sessions" | "changes" | "frames" | "access" | "films">;

/** The same stores of rows, which write only while the disk has space. */
export function guardRows({ images, sessions, changes, frames, access, films }: Rows, space: SpaceGuard): Rows {
  return {
    images: {
      ...images,
      insert: (image) => space.storing(0, () => images.insert(image)),
      delete: (id, age) => space.changing(() => images.delete(id, age)),
      setVisibility: (id, visibility) => space.changing(() => images.setVisibility(id, visibility)),
    },
    sessions: {
      ...sessions,
      insert: (...session) => space.storing(0, () => sessions.insert(...session)),
      update: (...change) => space.changing(() => sessions.update(...change)),
      resume: (...session) => space.changing(() => sessions.resume(...session)),
      setVisibility: (...change) => space.changing(() => sessions.setVisibility(...change)),
      delete: (id, expiredBy) => space.changing(() => sessions.delete(id, expiredBy)),
      extend: (id, until) => space.changing(() => sessions.extend(id, until)),
      insertBranch: (...branch) => space.storing(0, () => sessions.insertBranch(...branch)),
    },
    changes: {
      ...changes,
      add: (...change) => space.storing(0, () => changes.add(...change)),
      settle: (id, step, ordinal) => space.changing(() => changes.settle(id, step, ordinal)),
    },
    frames: {
      ...frames,
      insert: (frame) => space.storing(0, () => frames.insert(frame)),
      thin: (id, byteLength) => space.changing(() => frames.thin(id, byteLength)),
    },
    access: {
      ...access,
      addLink: (...link) => space.storing(0, () => access.addLink(...link)),
      addFirstAdmin: (...link) => space.storing(0, () => access.addFirstAdmin(...link)),
      revokeLink: (id, at) => space.changing(() => access.revokeLink(id, at)),
      addVisitor: (...visitor) => space.storing(0, () => access.addVisitor(...visitor)),
      admit: (...visitor) => space.storing(0, () => access.admit(...visitor)),
      dismiss: (id) => space.changing(() => access.dismiss(id)),
      forgetVisitors: (by, most) => space.changing(() => access.forgetVisitors(by, most)),
      saveUser: (user) => space.storing(0, () => access.saveUser(user)),
      setAccessEnd: (id, at) => space.changing(() => access.setAccessEnd(id, at)),
    },
    films: {
      ...films,
      insert: (...film) => space.storing(0, () => films.insert(...film)),
      update: (id, patch) => space.changing(() => films.update(id, patch)),
      complete: (film, path) => space.changing(() => films.complete(film, path)),
      renew: (maker, ids) => space.changing(() => films.renew(maker, ids)),
      endAbandoned: (failure) => space.changing(() => films.endAbandoned(failure)),
      deleteOf: (sessionId) => space.changing(() => films.deleteOf(sessionId)),
      deleteBeyond: (ownerId, most) => space.changing(() => films.deleteBeyond(ownerId, most)),
      deleteOutdated: (by) => space.changing(() => films.deleteOutdated(by)),
    },
  };
}
