import type { ModelCatalogue } from "../../server/api/context.js";
import { conflict, notFound } from "../../server/errors.js";
import type { ModelInfo } from "../../server/records/model.js";
import type { SessionModel, SessionModels } from "../../server/sessions/models.js";

const names = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2", "conv5_1"];
const layers = names.map((name) => ({ name, minimumSide: 2 ** (Number(name[4]) - 1) }));

function aModel(changes: Partial<ModelInfo>): ModelInfo {
  return {
    id: "vgg19",
    title: "A model",
    task: "FEATURES",
    family: "VGG",
    state: "READY",
    size: 224,
    minSize: null,
    takes: null,
    parameters: 20_024_384,
    bytes: 40_052_328,
    licence: "none",
    source: "a test",
    downloadProgress: null,
    failure: null,
    willRetry: false,
    removed: false,
    ...changes,
  };
}

/** Models without files, whose states a test can change. */
export class FakeModels implements ModelCatalogue {
  private readonly models = new Map<string, ModelInfo>();
  /** Paths by `<id> <kind>`. */
  readonly pictures = new Map<string, string>();
  private readonly listeners = new Set<(model: ModelInfo) => void>();

  constructor() {
    this.set(aModel({}));
    this.set(aModel({ id: "vgg19-lite" }));
    this.set(aModel({ id: "horse2zebra", task: "TRANSLATION", family: "CYCLEGAN", size: 256, minSize: 32, takes: "PHOTO" }));
    this.set(aModel({ id: "broken", state: "FAILED", failure: "Its file is damaged." }));
    this.set(aModel({ id: "afar", state: "AVAILABLE" }));
  }

  /** The same models as sessions see them. */
  get sessions(): SessionModels {
    const find = async (id: string) => {
      const model = this.models.get(id);
      return model ? sessionModel(model) : null;
    };
    return { find, defaultFeatures: () => find("vgg19") };
  }

  /** Changes a model and notifies the listeners. */
  change(id: string, changes: Partial<ModelInfo>): ModelInfo {
    const model = { ...this.require(id), ...changes };
    this.set(model);
    for (const listener of this.listeners) listener(model);
    return model;
  }

  /** Number of listeners. */
  get watchers(): number {
    return this.listeners.size;
  }

  async list(): Promise<ModelInfo[]> {
    return [...this.models.values()];
  }

  async find(id: string): Promise<ModelInfo | null> {
    return this.models.get(id) ?? null;
  }

  storedIds(id: string): string[] {
    return [id];
  }

  async defaultFeatures(): Promise<string | null> {
    return this.models.get("vgg19")?.state === "READY" ? "vgg19" : null;
  }

  async download(id: string): Promise<ModelInfo> {
    const model = this.require(id);
    return model.state === "AVAILABLE" ? this.change(id, { state: "DOWNLOADING", downloadProgress: 0 }) : model;
  }

  isDownloadable(id: string): boolean {
    return this.models.get(id)?.state === "AVAILABLE";
  }

  async cancelDownload(id: string): Promise<ModelInfo> {
    if (this.require(id).state !== "DOWNLOADING") throw conflict("id", "The model is not DOWNLOADING.");
    return this.change(id, { state: "AVAILABLE", downloadProgress: null });
  }

  watch(listener: (model: ModelInfo) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async picture(id: string, kind: "preview" | "sheet"): Promise<string | null> {
    return this.pictures.get(`${id} ${kind}`) ?? null;
  }

  private set(model: ModelInfo): void {
    this.models.set(model.id, model);
  }

  private require(id: string): ModelInfo {
    const model = this.models.get(id);
    if (!model) throw notFound("id", "There is no such model.");
    return model;
  }
}

function sessionModel(model: ModelInfo): SessionModel {
  return { ...model, unusableReason: model.failure, layers: model.task === "FEATURES" ? layers : [] };
}
