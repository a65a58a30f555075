import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { DropInOptions } from "../../server/models/drop-ins/drop-ins.js";
import type { Model } from "../../server/models/model.js";
import { openRegistry, type Registry } from "../../server/models/registry.js";
import type { KerasFile } from "../../server/models/store/keras-vgg19.js";
import type { StoreOptions } from "../../server/models/store/store.js";
import { FileServer } from "./file-server.js";
import { fewLayers, writeKerasFile } from "./keras-file.js";

/** The fields of a fast-style card that describe how pictures go in and out. */
export const fastStyleFields = {
  kind: "fast-style",
  model: "style.onnx",
  input: { name: "in", layout: "NCHW", dtype: "float32", colour: "RGB", from_uint8: "v" },
  output: { name: "out", layout: "NCHW", dtype: "float32", colour: "RGB", to_uint8: "clamp(round(v),0,255)" },
  native_size: [256, 256],
  size_multiple: 4,
  min_size: 32,
};
/** The fields of VGG-19's card that describe how pictures go in. */
export const featureFields = {
  kind: "features",
  model: "vgg19.safetensors",
  input: { layout: "NCHW", colour: "BGR", range: "0..255 minus mean", mean_bgr: [103.939, 116.779, 123.68] },
};

/**
 * A download server with VGG-19 as Keras publishes it, and an empty data folder; both are new for each test of a file.
 */
export class StoreRig {
  server!: FileServer;
  folder = "";
  vgg19!: KerasFile;
  logged: string[] = [];
  private readonly open: Registry[] = [];

  constructor() {
    beforeEach(() => this.start());
    afterEach(async () => {
      for (const registry of this.open.splice(0)) await registry.close();
      await this.server.close();
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  /** Folder of downloaded models. */
  get downloads(): string {
    return join(this.folder, "data", "models");
  }

  async openStore(
    changes: Partial<StoreOptions> = {},
    mirrorDir: string | null = null,
    dropIns: DropInOptions | null = null,
  ): Promise<Registry> {
    const limits = { stallMs: 20_000, attempts: 2, backoffMs: 1 };
    const log = (line: string) => this.logged.push(line);
    const store = { folder: this.downloads, mirror: null, offline: false, vgg19: this.vgg19, limits, log, ...changes };
    const registry = await openRegistry({ bundledDir: join(this.folder, "bundled"), mirrorDir, store, dropIns });
    this.open.push(registry);
    return registry;
  }

  /** Adds a model to the server's mirror. Returns its file. */
  addToMirror(name: string, fields: Record<string, unknown>, changes: Record<string, unknown> = {}): Buffer {
    const file = randomBytes(200_000);
    const sha256 = createHash("sha256").update(file).digest("hex");
    const common = { id: name, title: name, params: 5, bytes: file.length, sha256, source: "a test", licence: "none" };
    this.server.files.set(`models/${name}/card.json`, Buffer.from(JSON.stringify({ ...common, ...fields, ...changes })));
    this.server.files.set(`models/${name}/${fields.model}`, file);
    return file;
  }

  private async start(): Promise<void> {
    this.server = await FileServer.start();
    this.folder = await mkdtemp(join(tmpdir(), "atelier-store-"));
    await mkdir(join(this.folder, "bundled"));
    await writeKerasFile(join(this.folder, "published.h5"), fewLayers);
    const published = await readFile(join(this.folder, "published.h5"));
    this.server.files.set("published.h5", published);
    const md5 = createHash("md5").update(published).digest("hex");
    this.vgg19 = { url: this.server.url("published.h5"), bytes: published.length, md5, layers: fewLayers };
    this.logged = [];
  }
}

/** The state of every model, by id. */
export async function states(registry: Registry): Promise<Record<string, Model["state"]>> {
  return Object.fromEntries((await registry.list()).map(({ id, state }) => [id, state]));
}
