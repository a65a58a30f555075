import type { Engine, Program } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import { MIN_PICTURE_SIDE } from "../records/settings.js";
import { matchColours } from "./colours.js";
import type { FeatureNetwork, OpenFeatureNetwork } from "./feature-network.js";
import { inputNames, type ObjectiveLayers, objectiveGraph, targetGraph } from "./losses.js";
import { asTensor, blendTargets, objectiveLayers, openObjective, type Targets } from "./objective.js";
import type { Planes } from "./painter.js";
import { decodePicture } from "./picture.js";
import { ProgramCache } from "./program-cache.js";
import { TargetCache } from "./target-cache.js";
import type { EncodedPicture, FeatureNetworkFile, StyleTransferWork } from "./work.js";

/** What the style transfers of one device share: networks, programs and the targets of pictures used lately. */
export class StyleTransferResources {
  readonly #networks = new Map<string, Promise<FeatureNetwork>>();
  readonly #programs = new ProgramCache<Program>();
  readonly #targets = new TargetCache();

  constructor(
    private readonly engine: Engine,
    private readonly openNetwork: OpenFeatureNetwork,
  ) {}

  /** The program of J for the work's layers; to be given back with `releaseObjective`. */
  async acquireObjective({ network: file, settings }: StyleTransferWork): Promise<Program> {
    const layers = objectiveLayers(settings);
    const network = await this.#network(file, layers);
    return this.#programs.acquire(objectiveKey(file, layers), () => openObjective(this.engine, objectiveGraph(network, layers)));
  }

  releaseObjective({ network, settings }: StyleTransferWork): Promise<void> {
    return this.#programs.release(objectiveKey(network, objectiveLayers(settings)));
  }

  /** Targets of the content picture and of all styles, whose longer sides are `size` px. */
  async targets(work: StyleTransferWork, size: number): Promise<Targets> {
    const layers = objectiveLayers(work.settings);
    const palette = work.settings.preserveColors ? work.content : null;
    // All at once, so that one picture is decoded while another is computed.
    const [content, ...styles] = await Promise.all([
      this.#measure(work.network, { content: layers.content, style: [] }, size, work.content),
      ...work.styles.map((style) => this.#measure(work.network, { content: [], style: layers.style }, size, style, palette)),
    ]);
    return { ...content, ...blendTargets(styles.map((targets, i) => ({ targets, weight: work.styles[i]!.weight }))) };
  }

  close(): Promise<void> {
    return this.#programs.close();
  }

  #measure(
    file: FeatureNetworkFile,
    layers: ObjectiveLayers,
    size: number,
    picture: EncodedPicture,
    palette: EncodedPicture | null = null,
  ): Promise<Targets> {
    const programKey = `${versionOf(file)} targets ${JSON.stringify(layers)}`;
    return this.#targets.get(`${programKey} ${picture.digest} ${size} ${palette?.digest}`, async () => {
      const network = await this.#network(file, layers);
      const planes = await decodeInColoursOf(picture, palette, size);
      requireSide(planes, network, layers);
      const graph = targetGraph(network, layers);
      const program = await this.#programs.acquire(programKey, () => this.engine.open(graph, { outputs: Object.keys(graph) }));
      try {
        return await program.run({ [inputNames.image]: asTensor(planes) });
      } finally {
        await this.#programs.release(programKey);
      }
    });
  }

  async #network(file: FeatureNetworkFile, layers: ObjectiveLayers): Promise<FeatureNetwork> {
    const version = versionOf(file);
    const known = this.#networks.get(version) ?? this.openNetwork(file);
    this.#networks.set(version, known);
    let network: FeatureNetwork;
    try {
      network = await known;
    } catch (error) {
      if (this.#networks.get(version) === known) this.#networks.delete(version);
      throw error;
    }
    const unknown = [...layers.content, ...layers.style].find((layer) => !network.layers.includes(layer));
    if (unknown) throw new AtelierError("BAD_INPUT", `The network ${file.id} has no layer ${unknown}.`);
    return network;
  }
}

/** A network that is fetched again may lie at the same path with other weights. */
function versionOf({ path, sha256 }: FeatureNetworkFile): string {
  return `${path} ${sha256}`;
}

function objectiveKey(file: FeatureNetworkFile, layers: ObjectiveLayers): string {
  return `${versionOf(file)} objective ${JSON.stringify(layers)}`;
}

/** `picture` at `size` px, with the colours of `palette` where that is given. */
async function decodeInColoursOf(picture: EncodedPicture, palette: EncodedPicture | null, size: number): Promise<Planes> {
  const planes = await decodePicture(picture.bytes, { longerSide: size });
  return palette ? matchColours(planes, await decodePicture(palette.bytes, { longerSide: size })) : planes;
}

function requireSide(planes: Planes, network: FeatureNetwork, layers: ObjectiveLayers): void {
  const needed = Math.max(MIN_PICTURE_SIDE, ...[...layers.content, ...layers.style].map((layer) => network.minimumSide(layer)));
  if (Math.min(planes.width, planes.height) >= needed) return;
  throw new AtelierError("BAD_INPUT", `A picture of ${planes.width} x ${planes.height} px is too narrow for these layers.`, {
    field: "size",
    limit: `${needed} px on the shorter side`,
  });
}
