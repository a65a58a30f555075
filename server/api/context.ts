import type { AuditLog } from "../access/audit-log.js";
import type { Gatekeeper } from "../access/gatekeeper.js";
import type { Links } from "../access/links.js";
import { unauthenticated } from "../access/permissions.js";
import type { Principal } from "../access/principal.js";
import type { SessionDirectory } from "../access/session-directory.js";
import type { Sharing } from "../access/sharing.js";
import type { Users } from "../access/users.js";
import type { Exporter } from "../exports/exporter.js";
import type { Allowances } from "../limits/allowances.js";
import type { Queue } from "../queue/queue.js";
import type { AccessMode } from "../records/access.js";
import type { ModelInfo } from "../records/model.js";
import type { DeviceInfo, RefusedDevice, SessionFilter, SessionRecord } from "../records/session.js";
import type { StepTime } from "../records/step-time.js";
import type { Admission } from "../sessions/admission.js";
import type { SessionControls } from "../sessions/controls.js";
import type { LiveFrames } from "../sessions/live/frames.js";
import type { QueueOrder } from "../sessions/queue-order.js";
import type { ReadinessEvent } from "../sessions/readiness.js";
import type { SessionService } from "../sessions/service.js";
import type { FrameBroker } from "../sessions/watch/frame-broker.js";
import type { KeptFrames } from "../sessions/watch/kept-frames.js";
import type { WatchOutput } from "../sessions/watch/output-viewer.js";
import type { Storage } from "../storage/storage.js";

/** The models that this server can list and download. */
export interface ModelCatalogue {
  list(): Promise<ModelInfo[]>;
  /** The model with the id, or with the former form of it; null for none. */
  find(id: string): Promise<ModelInfo | null>;
  /** All ids under which sessions may have stored the model that `id` names. */
  storedIds(id: string): string[];
  /** Id of the feature model of sessions that name none; null when none is READY. */
  defaultFeatures(): Promise<string | null>;
  /**
   * Starts to download an AVAILABLE or FAILED model.
   * @throws AtelierError NOT_FOUND; UNAVAILABLE when that is impossible.
   */
  download(id: string): Promise<ModelInfo>;
  /** Whether `download` would start something now. */
  isDownloadable(id: string): boolean;
  /** @throws AtelierError NOT_FOUND; CONFLICT for a model that is not DOWNLOADING. */
  cancelDownload(id: string): Promise<ModelInfo>;
  /**
   * Calls `listener` after each change of a model's state and after each hundredth of its progress. Returns the
   * function that ends this.
   */
  watch(listener: (model: ModelInfo) => void): () => void;
  /** Path on disk of a picture that comes with the model; null for none. */
  picture(id: string, kind: "preview" | "sheet"): Promise<string | null>;
}

/** The credential of a socket, which its client may renew while it is open. */
export interface Renewal {
  /**
   * Gives the socket to whoever has a secret: operations that follow are theirs. Those under way that they may not see end.
   * @throws AtelierError UNAUTHENTICATED for a secret that opens nothing, and on a socket whose access has ended
   */
  renew(secret: string): Promise<Principal>;
  /** The context of whoever has the socket now; null once its access has ended. */
  current(): ApiContext | null;
  /** Awaits `listener` at each renewal. Returns the function that ends this. */
  watch(listener: (renewed: Principal) => Promise<void>): () => void;
}

/**
 * The context of resolvers for one principal. Sessions and pictures that they may not see do not exist in `storage` and
 * for `sessions`; what one may do is checked before a resolver runs.
 */
export interface ApiContext {
  principal: Principal;
  /** Address of the client; null when its connection is gone. */
  address: string | null;
  /** Null over HTTP, and on a server without access control. */
  renewal: Renewal | null;
  audit: AuditLog;
  gatekeeper: Gatekeeper;
  directory: SessionDirectory;
  links: Links;
  sharing: Sharing;
  users: Users;
  /** How this server knows who may use it. */
  accessMode: AccessMode;
  /** Whether an admin must approve what others share. */
  requiresApproval: boolean;
  /** How long the work of others than admins is kept, h; null for ever. */
  retentionHours: number | null;
  sessions: SessionService;
  controls: SessionControls;
  liveFrames: LiveFrames;
  storage: Storage;
  queue: Pick<Queue, "position">;
  queueOrder: QueueOrder;
  /** Frames of sessions that can be read now: kept ones, and recent ones of live translations. */
  frames: KeptFrames;
  exports: Exporter;
  /** Decides whether an owner has space for more. */
  admission: Admission;
  broker: FrameBroker;
  /** Sessions that pass the filter, as they start and change. */
  watchSessions(filter: SessionFilter): Promise<AsyncIterableIterator<SessionRecord>>;
  /** Sessions as they are deleted. */
  watchRemovals(): Promise<AsyncIterableIterator<{ id: string }>>;
  watchOutput: WatchOutput;
  models: ModelCatalogue;
  /** Names of the layers at which a model measures losses, shallow to deep; none for translators. */
  layersOf(modelId: string): Promise<string[]>;
  devices(): DeviceInfo[];
  refusedDevices(): readonly RefusedDevice[];
  /** How long steps with a feature model take, small to large sizes; null until it is measured, which this call asks for. */
  stepTimes(modelId: string): readonly StepTime[] | null;
  /** Why no worker can run a session that waits; null when one can, once it is free. */
  waitingReason(session: SessionRecord): string | null;
  /** Whether this server is ready, now and as it changes; why not in full for admins only. */
  watchReadiness(): Promise<AsyncIterableIterator<ReadinessEvent>>;
  version: string;
  limits: { maxImagePixels: number; maxJpegPixels: number; maxUploadBytes: number };
  /** What everyone may still do, and the values of the limits. */
  allowances: Allowances;
  /** Longest side of a painting on this machine and the device in use, px. */
  maxSize(): number;
}

/** The context for someone's operations, from the address of a client. */
export type ContextOf = (principal: Principal, address: string | null) => ApiContext;

/** The owner of what a principal with a role makes; the policy lets no stranger make anything. */
export function ownerOf({ ownerId }: Principal): string {
  if (ownerId === null) throw unauthenticated();
  return ownerId;
}
