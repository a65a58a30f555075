import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EncodedPicture, FeatureNetworkFile, StyleTransferWork } from "../server/art/work.js";
import { parseCard } from "../server/models/card.js";
import { rootFolder } from "../server/paths.js";
import type { StyleTransferSettings } from "../server/records/settings.js";
import { modelMirror } from "../test/helpers/server.js";

/** A style transfer of a sample photo and a sample style with the bundled vgg19-lite. */
export async function sampleWork(photo: string, settings: Omit<StyleTransferSettings, "model">): Promise<StyleTransferWork> {
  const network = await featureNetworkIn(join(rootFolder, "models", "bundled", "vgg19-lite"));
  return {
    kind: "STYLE_TRANSFER",
    settings: { ...settings, model: network.id },
    content: await samplePicture(photo),
    styles: [{ ...(await samplePicture("night-wind.jpg")), weight: 1 }],
    changes: [],
    network,
  };
}

/** The feature network in a model's folder. @throws Error when the folder holds no feature network. */
export async function featureNetworkIn(folder: string): Promise<FeatureNetworkFile> {
  const card = parseCard(await readFile(join(folder, "card.json"), "utf8"));
  if (!card?.architecture) throw new Error(`${folder} holds no feature network.`);
  return { id: card.id, path: join(folder, card.file), sha256: card.sha256, architecture: card.architecture };
}

async function samplePicture(name: string): Promise<EncodedPicture> {
  return { digest: name, bytes: await readFile(join(rootFolder, "web", "public", "samples", name)) };
}

/** Folder of the model mirror, which holds VGG-19. @throws Error when there is none. */
export function requireModelMirror(): string {
  const folder = modelMirror();
  if (folder === null) throw new Error("This benchmark needs VGG-19: set ATELIER_MODEL_MIRROR to a folder that holds vgg19/card.json.");
  return folder;
}
