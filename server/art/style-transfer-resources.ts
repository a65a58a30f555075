import type { Engine, Program } from "../engine/engine.js";
import { badInput } from "../errors.js";
import type { ConvolutionMethod } from "../records/convolutions.js";
import { MIN_PICTURE_SIDE } from "../records/settings.js";
import { matchColours } from "./colours.js";
import type { FeatureNetwork, OpenFeatureNetwork } from "./feature-network.js";
import { inputNames, type ObjectiveLayers, objectiveGraph, targetGraph } from "./losses.js";
import { asTensor, blendTargets, objectiveLayers, objectiveRequest, openObjective, type Targets } from "./objective.js";
import type { Planes } from "./painter.js";
import { decodePlanes } from "./picture.js";
import { ProgramCache } from "./program-cache.js";
import type { EncodedPicture, FeatureNetworkFile, StyleTransferWork } from "./work.js";

/** Memory that cached targets may take, bytes: the content features of one picture of 1024 px are 33 MB. */
const MAX_TARGET_BYTES = 256 * 2 ** 20;

/** Largest share of the machine's memory that the weights of Winograd's method may take. */
const MAX_WEIGHTS_SHARE = 1 / 8;

/** What the style transfers of one device share: networks, programs, and the targets of recently used pictures. */
export class StyleTransferResources {
  private readonly networks = new Map<string, Promise<FeatureNetwork>>();
  private readonly programs = new ProgramCache<Program>();
  private readonly targetCache = new TargetCache();

  constructor(
    private readonly engine: Engine,
    private readonly openNetwork: OpenFeatureNetwork,
    private readonly memoryBytes: number,
  ) {}

  /**
   * How the convolutions of a work are computed: as it asks, but directly where nothing is painted yet and the engine has
   * no other method, or its weights would take too much of the machine's memory.
   * @throws what `acquireObjective` throws.
   */
  async methodFor({ network, draftNetwork, settings, convolutions = "DIRECT", begun }: StyleTransferWork): Promise<ConvolutionMethod> {
    if (convolutions === "DIRECT" || begun) return convolutions;
    if (!this.engine.winogradByteLength) return "DIRECT";
    const layers = objectiveLayers(settings);
    let added = 0;
    for (const file of draftNetwork ? [draftNetwork, network] : [network]) {
      const graph = objectiveGraph(await this.network(file, layers), layers);
      added += this.engine.winogradByteLength(graph, objectiveRequest(graph, convolutions));
    }
    return added > this.memoryBytes * MAX_WEIGHTS_SHARE ? "DIRECT" : convolutions;
  }

  /**
   * Returns the program of J for the work's layers. Every call needs one `releaseObjective` for the same work.
   * @throws AtelierError BAD_INPUT for a layer that the network lacks; UNAVAILABLE for a file that cannot be read;
   * OUT_OF_MEMORY.
   */
  async acquireObjective(work: StyleTransferWork): Promise<Program> {
    const layers = objectiveLayers(work.settings);
    const network = await this.network(work.network, layers);
    return this.programs.acquire(objectiveKey(work), () => openObjective(this.engine, objectiveGraph(network, layers), work.convolutions));
  }

  releaseObjective(work: StyleTransferWork): Promise<void> {
    return this.programs.release(objectiveKey(work));
  }

  /**
   * Measures the targets of the content and of all styles, each with `size` px on its longer side.
   * @throws AtelierError BAD_INPUT for a picture that cannot be decoded or is too narrow for the layers.
   */
  async targets(work: StyleTransferWork, size: number): Promise<Targets> {
    const layers = objectiveLayers(work.settings);
    const palette = work.settings.preserveColors ? work.content : null;
    // All at once, so that one picture is decoded while another is computed.
    const [content, ...styles] = await Promise.all([
      this.measure(work, { content: layers.content, style: [] }, size, work.content),
      ...work.styles.map((style) => this.measure(work, { content: [], style: layers.style }, size, style, palette)),
    ]);
    return { ...content, ...blendTargets(styles.map((targets, i) => ({ targets, weight: work.styles[i]!.weight }))) };
  }

  /** Closes all programs. */
  close(): Promise<void> {
    return this.programs.close();
  }

  private measure(
    { network: file, convolutions }: StyleTransferWork,
    layers: ObjectiveLayers,
    size: number,
    picture: EncodedPicture,
    palette: EncodedPicture | null = null,
  ): Promise<Targets> {
    const programKey = `${versionOf(file)} targets ${JSON.stringify(layers)} ${convolutions}`;
    return this.targetCache.get(`${programKey} ${picture.digest} ${size} ${palette?.digest}`, async () => {
      const network = await this.network(file, layers);
      const planes = await decodeInColoursOf(picture, palette, size);
      requireSide(planes, network, layers);
      const graph = targetGraph(network, layers);
      const program = await this.programs.acquire(programKey, () => this.engine.open(graph, { outputs: Object.keys(graph), convolutions }));
      try {
        return await program.run({ [inputNames.image]: asTensor(planes) });
      } finally {
        await this.programs.release(programKey);
      }
    });
  }

  private async network(file: FeatureNetworkFile, layers: ObjectiveLayers): Promise<FeatureNetwork> {
    const version = versionOf(file);
    const known = this.networks.get(version) ?? this.openNetwork(file);
    this.networks.set(version, known);
    let network: FeatureNetwork;
    try {
      network = await known;
    } catch (error) {
      if (this.networks.get(version) === known) this.networks.delete(version);
      throw error;
    }
    const unknown = [...layers.content, ...layers.style].find((layer) => !network.layers.includes(layer));
    if (unknown) throw badInput("model", `The model ${file.id} has no layer ${unknown}.`);
    return network;
  }
}

/** Key of a network's file. A model that is downloaded again may have other weights at the same path. */
function versionOf({ path, sha256 }: FeatureNetworkFile): string {
  return `${path} ${sha256}`;
}

function objectiveKey({ network, settings, convolutions }: StyleTransferWork): string {
  return `${versionOf(network)} objective ${JSON.stringify(objectiveLayers(settings))} ${convolutions}`;
}

/** Decodes `picture` with `size` px on its longer side, and gives it the colours of `palette` where that is given. */
async function decodeInColoursOf(picture: EncodedPicture, palette: EncodedPicture | null, size: number): Promise<Planes> {
  const planes = await decodePlanes(picture.bytes, { longerSide: size });
  return palette ? matchColours(planes, await decodePlanes(palette.bytes, { longerSide: size })) : planes;
}

function requireSide(planes: Planes, network: FeatureNetwork, layers: ObjectiveLayers): void {
  const needed = Math.max(MIN_PICTURE_SIDE, ...[...layers.content, ...layers.style].map((layer) => network.minimumSide(layer)));
  if (Math.min(planes.width, planes.height) >= needed) return;
  const message = `A picture of ${planes.width} x ${planes.height} px is too narrow for these layers.`;
  throw badInput("size", message, `${needed} px on the shorter side`, { min: needed, unit: "px" });
}

/** Keeps the targets of recently used pictures. Keys name picture, size, layers and model. */
class TargetCache {
  private readonly entries = new Map<string, { targets: Targets; byteLength: number }>();
  private byteLength = 0;

  /** Returns the targets under `key`, after measuring them where they are missing. */
  async get(key: string, measure: () => Promise<Targets>): Promise<Targets> {
    const known = this.entries.get(key);
    const targets = known?.targets ?? (await measure());
    const byteLength = known?.byteLength ?? Object.values(targets).reduce((sum, { data }) => sum + data.byteLength, 0);
    // The most recently used entry is the last one.
    this.forget(key);
    this.entries.set(key, { targets, byteLength });
    this.byteLength += byteLength;
    for (const oldest of this.entries.keys()) {
      if (this.byteLength <= MAX_TARGET_BYTES) break;
      this.forget(oldest);
    }
    return targets;
  }

  private forget(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.byteLength -= entry.byteLength;
  }
}
