import type { Bus } from "../bus/bus.js";
import type { Queue } from "../queue/queue.js";
import type { FrameBroker } from "../sessions/frame-broker.js";
import type { SessionService } from "../sessions/service.js";
import type { Storage } from "../storage/storage.js";
import type { ModelFamilyName, ModelStateName, ModelTaskName } from "./enums.js";

/** A model as clients see it. */
export interface ModelInfo {
  id: string;
  title: string;
  task: ModelTaskName;
  family: ModelFamilyName;
  state: ModelStateName;
  /** Native input size, px. */
  size: number;
  parameters: number;
  bytes: number;
  licence: string;
  source: string;
  /** 0..1 while DOWNLOADING. */
  downloadProgress: number | null;
}

/** The models that this server knows. */
export interface ModelCatalogue {
  list(): Promise<ModelInfo[]>;
  find(id: string): Promise<ModelInfo | null>;
}

/** A device that paints, as clients see it. */
export interface DeviceInfo {
  name: string;
  engine: string;
  description: string;
  /** Sessions that take turns on it. */
  sessionIds: string[];
}

/** What resolvers work with; the same for every operation. */
export interface ApiContext {
  sessions: SessionService;
  broker: FrameBroker;
  storage: Storage;
  queue: Queue;
  bus: Bus;
  models: ModelCatalogue;
  devices(): DeviceInfo[];
  version: string;
  uploadLimits: { maxImagePixels: number; maxUploadBytes: number };
}
