import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Bus } from "../../server/bus/bus.js";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { SharedModels } from "../../server/fleet/shared-models.js";
import type { DeviceTrial } from "../../server/host/device-trials.js";
import type { TryModel } from "../../server/models/drop-ins/check.js";
import type { Model } from "../../server/models/model.js";
import { openRegistry, type Registry } from "../../server/models/registry.js";
import type { SharedModelStore } from "../../server/storage/fleet.js";
import type { RemoteStorage } from "../../server/storage/remote/open.js";
import { type RemoteRig, type SharedPlace, startRemoteRig } from "./remote-storage.js";
import { until } from "./until.js";

/** A lease that outlasts a test, ms. */
export const LASTING_MS = 50_000;

const throwError = (error: unknown) => {
  throw error;
};

/** A server's models, shared with those of others. */
export interface Member {
  folder: string;
  registry: Registry;
  /** Ids in the order in which they were tried on the processor here. */
  tried: string[];
  /** Ids in the order in which they were tried on the card here. */
  triedOnCard: string[];
  said: string[];
  close(): Promise<void>;
}

export interface MemberOptions {
  machine?: string;
  folder?: string;
  tryModel?: TryModel;
  /** Without one, no message ever arrives. */
  bus?: Bus;
  lookMs?: number;
  engine?: string;
  /** What the card of the machine is called; by default it has none. */
  card?: string | null;
  /** By default, the card accepts every model. */
  tryOnCard?: (signal: AbortSignal) => Promise<{ parameters: number }>;
  store?: SharedModelStore;
}

/** Servers that share the models in their folders, with a database and a store of their own. */
class ModelMembers {
  private readonly members: Member[] = [];

  private constructor(
    readonly place: SharedPlace,
    readonly storage: RemoteStorage,
    /** Folder of the folders. */
    readonly root: string,
  ) {}

  static async open(rig: RemoteRig): Promise<ModelMembers> {
    const place = await rig.newPlace();
    const root = await mkdtemp(join(tmpdir(), "atelier-members-"));
    await mkdir(join(root, "bundled"));
    return new ModelMembers(place, await rig.open(place), root);
  }

  async join(options: MemberOptions = {}): Promise<Member> {
    const {
      machine = "here",
      folder = randomUUID(),
      tryModel,
      bus,
      lookMs = 20,
      engine = "engine 1",
      card = null,
      tryOnCard = async () => ({ parameters: 7 }),
      store = this.storage.sharedModels,
    } = options;
    const [tried, triedOnCard, said]: [string[], string[], string[]] = [[], [], []];
    const say = (line: string) => void said.push(line);
    const ownBus = bus ?? openEmbeddedBus(throwError);
    const models = join(this.root, folder, "models");
    const shared = await SharedModels.open({
      ...{ store, trials: this.storage.trials, bus: ownBus, folder: models, machine },
      processor: {
        kind: { device: "cpu", engine },
        async run(model, signal) {
          tried.push(model.id);
          return tryModel ? tryModel(model, signal) : { parameters: 7 };
        },
      },
      ...{ inform: say, warn: say, failed: (error) => say(String(error)) },
      times: { lookMs, goneMs: 40, leaseMs: LASTING_MS, retryMs: 40, againMs: 10, longestAgainMs: 80 },
    });
    const quick = { stillMs: 20, rescanMs: 20, log: say };
    const registry = await openRegistry({
      ...{ bundledDir: join(this.root, "bundled"), mirrorDir: null },
      store: { folder: models, mirror: null, offline: true },
      dropIns: { folder: models, beforeTrial: shared.beforeTrial, tryModel: shared.tryModel, ...quick },
    });
    await shared.start(registry.dropIns!);
    const found: DeviceTrial = {
      kind: { device: card ?? "", engine },
      async run({ id }, signal) {
        triedOnCard.push(id);
        return tryOnCard(signal);
      },
    };
    if (card !== null) registry.dropIns?.tryOn(shared.graphicsTrial(found));
    let isOpen = true;
    const member: Member = {
      ...{ folder: models, registry, tried, triedOnCard, said },
      async close() {
        if (!isOpen) return;
        isOpen = false;
        await shared.close();
        await registry.close();
        if (!bus) await ownBus.close();
      },
    };
    this.members.push(member);
    return member;
  }

  async close(): Promise<void> {
    await Promise.all(this.members.splice(0).map((member) => member.close()));
    await this.storage.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The servers of each test of a block, with one PostgreSQL for all of its tests. */
export function membersOfBlock(): () => ModelMembers {
  let rig: RemoteRig;
  let members: ModelMembers;
  beforeAll(async () => {
    rig = await startRemoteRig();
  });
  afterAll(() => rig?.close());
  beforeEach(async () => {
    members = await ModelMembers.open(rig);
  });
  afterEach(() => members.close());
  return () => members;
}

/** A model as a server lists it. */
export const modelAt = async ({ registry }: Member, id: string): Promise<Model | undefined> =>
  (await registry.list()).find((model) => model.id === id);
/** Resolves when a server has a model ready. */
export const isReady = (member: Member, id: string) => until(async () => (await modelAt(member, id))?.state === "READY");
/** Resolves when a server lists a model no longer. */
export const isGone = (member: Member, id: string) => until(async () => (await modelAt(member, id)) === undefined);
/** Resolves when a server has refused a model for a reason with this text. */
export const failure = async (member: Member, id: string, text: string) => {
  await until(async () => (await modelAt(member, id))?.failure?.includes(text) ?? false);
};
