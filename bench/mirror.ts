import { existsSync } from "node:fs";
import { join } from "node:path";

/** Folder of the model mirror: ATELIER_MODEL_MIRROR, else the one beside the checkout. @throws Error when neither holds VGG-19. */
export function modelMirror(): string {
  const folder = process.env.ATELIER_MODEL_MIRROR || join(import.meta.dirname, "..", "..", "shared", "weights");
  if (existsSync(join(folder, "vgg19", "vgg19.safetensors"))) return folder;
  throw new Error("This benchmark needs VGG-19: set ATELIER_MODEL_MIRROR to a folder that holds vgg19/vgg19.safetensors.");
}
