import type { EncodedPicture, FeatureNetworkFile, Work } from "../art/work.js";
import { AtelierError } from "../errors.js";
import type { SessionRecord } from "../sessions/session.js";
import type { Storage } from "../storage/storage.js";

/**
 * Finds a model's file on this machine's disk; may wait until it was fetched.
 * @throws AtelierError UNAVAILABLE when it cannot be had.
 */
export type ResolveNetwork = (modelId: string) => Promise<FeatureNetworkFile>;

/** All that a device needs to paint a session. @throws AtelierError NOT_FOUND for a picture, UNAVAILABLE for a model that went missing. */
export async function buildWork(session: SessionRecord, storage: Storage, resolveNetwork: ResolveNetwork): Promise<Work> {
  const [network, content, ...styles] = await Promise.all([
    resolveNetwork(session.settings.model),
    loadPicture(storage, session.contentId),
    ...session.styles.map(async ({ imageId, weight }) => ({ ...(await loadPicture(storage, imageId)), weight })),
  ]);
  return { kind: session.kind, settings: session.settings, content, styles, network };
}

async function loadPicture({ images, blobs }: Storage, imageId: string): Promise<EncodedPicture> {
  const image = await images.find(imageId);
  if (!image) throw new AtelierError("NOT_FOUND", "A picture of this session is not stored any more.");
  return { digest: image.digest, bytes: await blobs.get(image.digest) };
}
