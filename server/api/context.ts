import type { Exporter } from "../exports/exporter.js";
import type { Queue } from "../queue/queue.js";
import type { ModelInfo } from "../records/model.js";
import type { DeviceInfo, SessionFilter, SessionRecord } from "../records/session.js";
import type { SessionControls } from "../sessions/controls.js";
import type { LiveFrames } from "../sessions/live/frames.js";
import type { SessionService } from "../sessions/service.js";
import type { FrameBroker } from "../sessions/watch/frame-broker.js";
import type { KeptFrames } from "../sessions/watch/kept-frames.js";
import type { Storage } from "../storage/storage.js";

/** The models that this server knows. */
export interface ModelCatalogue {
  list(): Promise<ModelInfo[]>;
  find(id: string): Promise<ModelInfo | null>;
  /** Id of the feature network of sessions that name none; null when none is READY. */
  defaultFeatures(): Promise<string | null>;
  /** Begins to fetch an AVAILABLE or FAILED model. @throws AtelierError NOT_FOUND, UNAVAILABLE where it cannot be fetched. */
  download(id: string): Promise<ModelInfo>;
  /** @throws AtelierError NOT_FOUND, CONFLICT when it is not DOWNLOADING. */
  cancelDownload(id: string): Promise<ModelInfo>;
  /** Calls `listener` after each change of state, and of progress by a hundredth; the answer ends it. */
  watch(listener: (model: ModelInfo) => void): () => void;
  /** Path on disk of a picture that the model brings, or null. */
  picture(id: string, kind: "preview" | "sheet"): Promise<string | null>;
}

/** What resolvers work with; the same for every operation. */
export interface ApiContext {
  sessions: SessionService;
  controls: SessionControls;
  liveFrames: LiveFrames;
  storage: Storage;
  queue: Pick<Queue, "position">;
  /** Frames of sessions, as they can be read now. */
  frames: KeptFrames;
  exports: Exporter;
  broker: FrameBroker;
  /** Sessions that pass the filter, as they start and change. */
  watchSessions(filter: SessionFilter): Promise<AsyncIterableIterator<SessionRecord>>;
  models: ModelCatalogue;
  devices(): DeviceInfo[];
  version: string;
  limits: { maxImagePixels: number; maxUploadBytes: number; maxSize: number };
}
