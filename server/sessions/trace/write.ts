import type { ChangeAtStep, ImageReference, Weighted } from "../../records/changes.js";
import type { ConvolutionMethod } from "../../records/convolutions.js";
import type { ImageRecord } from "../../records/pictures.js";
import { type DeviceUse, devicesOf, type StyleTransferRecord } from "../../records/session.js";
import type { StyleTransferSettings } from "../../records/settings.js";
import type { Storage } from "../../storage/storage.js";
import { noSession } from "../requirements.js";

export const TRACE_FORMAT = "atelier-trace";

/**
 * Newest version of the format; it grows with every change that older servers could misread. In version 2, a painting
 * may grow.
 */
export const TRACE_VERSION = 2;

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
  convolutions: ConvolutionMethod;
  styles: Weighted<TracePicture>[];
  changes: ChangeAtStep<TracePicture>[];
  /** Last step when the trace was written; the device and the thinned loss curve belong to it. */
  step: number;
  device: string | null;
  devices: DeviceUse[];
  losses: { step: number; total: number; content: number; style: number; tv: number }[];
}

/**
 * The trace of a session as it is now, without changes that wait for their step.
 * @throws AtelierError NOT_FOUND when the session is deleted meanwhile.
 */
export async function traceOf(storage: Storage, session: StyleTransferRecord, server: string): Promise<Trace> {
  const { settings, styles, convolutions = "DIRECT" } = session.initial;
  const recorded = (await storage.changes.list(session.id)).filter((change) => change.step !== null);
  const curves = await storage.frames.lossesOf([session.id], {}, LOSS_POINTS);
  const used = [...styles, ...recorded.flatMap((change) => change.styles ?? [])].map(({ imageId }) => imageId);
  const images = await storage.images.findAll([...new Set([session.contentId, ...used])]);
  // Changes and losses are deleted with their session: without this, a trace without them would look complete.
  if (!(await storage.sessions.find(session.id))) throw noSession("id");
  const traced = ({ imageId, weight }: Weighted<ImageReference>) => ({ ...tracePicture(images.get(imageId)), weight });
  return {
    format: TRACE_FORMAT,
    version: recorded.some((change) => change.settings.size !== undefined) ? TRACE_VERSION : 1,
    server,
    title: session.title,
    content: tracePicture(images.get(session.contentId)),
    settings,
    convolutions,
    styles: styles.map(traced),
    changes: recorded.map((change) => ({ step: change.step!, settings: change.settings, styles: change.styles?.map(traced) ?? null })),
    step: session.step,
    device: session.device,
    devices: devicesOf(session),
    losses: (curves.get(session.id) ?? []).flatMap(({ step, losses }) =>
      losses ? [{ step, total: losses.total, content: losses.content, style: losses.style, tv: losses.tv }] : [],
    ),
  };
}

function tracePicture(image: ImageRecord | undefined): TracePicture {
  // The session, which keeps its images from deletion, was deleted while its trace was written.
  if (!image) throw noSession("id");
  const { digest, width, height, mimeType } = image;
  return { sha256: digest, width, height, mimeType };
}
