import { modelMirror as findMirror } from "../test/helpers/server.js";

/** Folder of the model mirror. @throws Error when there is none. */
export function modelMirror(): string {
  const folder = findMirror();
  if (folder === null) throw new Error("This benchmark needs VGG-19: set ATELIER_MODEL_MIRROR to a folder that holds vgg19/card.json.");
  return folder;
}
