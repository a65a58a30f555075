import type { ChangeAtStep, ImageReference, Weighted } from "../../records/changes.js";
import type { StyleTransferRecord } from "../../records/session.js";
import type { StyleTransferSettings } from "../../records/settings.js";
import type { Storage } from "../../storage/storage.js";
import { noSession } from "../requirements.js";

export const TRACE_FORMAT = "atelier-trace";

/** Version of the format; it grows with every change that older servers could misread. */
export const TRACE_VERSION = 1;

/** Most points of the loss curve in a trace. */
const LOSS_POINTS = 500;

/** A picture that a trace refers to; its bytes are not in the trace. */
export interface TracePicture {
  /** SHA-256 of the bytes as they were uploaded, lower-case hex. */
  sha256: string;
  width: number;
  height: number;
  mimeType: string;
}

/** Everything that determines a style transfer: it replays to the same pictures on a device of the same kind. */
export interface Trace {
  format: typeof TRACE_FORMAT;
  version: number;
  /** Version of the server that wrote the trace. */
  server: string;
  title: string | null;
  content: TracePicture;
  /** Settings of step 0. */
  settings: StyleTransferSettings;
  styles: Weighted<TracePicture>[];
  changes: ChangeAtStep<TracePicture>[];
  /** Last step when the trace was written; the device and the thinned loss curve belong to it. */
  step: number;
  device: string | null;
  losses: { step: number; total: number; content: number; style: number; tv: number }[];
}

/**
 * The trace of a session as it is now, without changes that wait for their step.
 * @throws AtelierError NOT_FOUND when the session is deleted meanwhile.
 */
export async function traceOf(storage: Storage, session: StyleTransferRecord, server: string): Promise<Trace> {
  const { settings, styles } = session.initial;
  const recorded = await storage.changes.list(session.id);
  const curves = await storage.frames.lossesOf([session.id], {}, LOSS_POINTS);
  const changes: Trace["changes"] = [];
  for (const change of recorded) {
    if (change.step === null) continue;
    const swapped = change.styles && (await Promise.all(change.styles.map((style) => traceStyle(storage, style))));
    changes.push({ step: change.step, settings: change.settings, styles: swapped });
  }
  const content = await tracePicture(storage, session.contentId);
  const first = await Promise.all(styles.map((style) => traceStyle(storage, style)));
  // Changes and losses are deleted with their session: without this, a trace without them would look complete.
  if (!(await storage.sessions.find(session.id))) throw noSession("id");
  return {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    server,
    title: session.title,
    content,
    settings,
    styles: first,
    changes,
    step: session.step,
    device: session.device,
    losses: (curves.get(session.id) ?? []).flatMap(({ step, losses }) =>
      losses ? [{ step, total: losses.total, content: losses.content, style: losses.style, tv: losses.tv }] : [],
    ),
  };
}

async function traceStyle(storage: Storage, { imageId, weight }: Weighted<ImageReference>): Promise<Weighted<TracePicture>> {
  return { ...(await tracePicture(storage, imageId)), weight };
}

async function tracePicture(storage: Storage, imageId: string): Promise<TracePicture> {
  const image = await storage.images.find(imageId);
  // The session, which keeps its images from deletion, was deleted while its trace was written.
  if (!image) throw noSession("id");
  const { digest, width, height, mimeType } = image;
  return { sha256: digest, width, height, mimeType };
}
