import type { Storage } from "../storage.js";
import type { SpaceGuard } from "./space.js";

type Rows = Pick<Storage, "images" | "sessions" | "frames">;

/** Rows that are written only while there is room on the disk. */
export function guardRows({ images, sessions, frames }: Rows, space: SpaceGuard): Rows {
  return {
    images: { ...images, insert: (image) => space.storing(0, () => images.insert(image)) },
    sessions: {
      ...sessions,
      insert: (session) => space.storing(0, () => sessions.insert(session)),
      update: (id, patch, from) => space.changing(() => sessions.update(id, patch, from)),
      delete: (id) => space.changing(() => sessions.delete(id)),
    },
    frames: { ...frames, insert: (frame) => space.storing(0, () => frames.insert(frame)) },
  };
}
