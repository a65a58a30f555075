import { createHash, randomUUID } from "node:crypto";
import sharp from "sharp";
import type { EncodedPicture, FeatureNetworkFile, StyleTransferWork } from "../art/work.js";
import type { DeviceMessage } from "../device/messages.js";
import { newConvolutions } from "../records/convolutions.js";
import { defaultSettings } from "../records/settings.js";
import type { StepTime } from "../records/step-time.js";
import type { DeviceLink, SessionParts } from "./host-session.js";
import type { KnownStepTimes, Timed } from "./step-times.js";

/** Sides of the square pictures that are measured, small to large, px. */
const SIDES = [64, 192] as const;

/** Steps of each size. The first picture opens the network and the last one is a PNG, so neither counts. */
const STEPS = 10;

/** Share of the steps, the slowest ones, that are left out because something else used the machine. */
const LEFT_OUT = 1 / 4;

/**
 * Longest time that a size may be expected to take by its number of pixels, ms: a slow device is measured at the small size
 * alone. Most need less than a third of it, because small pictures have fixed costs.
 */
const MOST_MS = 6000;

/** Work of the device that is not a session: it is not stored and cannot be watched. */
interface Trial {
  id: string;
  modelId: string;
  /** SHA-256 of its network; null until it is found. */
  sha256: string | null;
  side: number;
  /** The pictures so far: when each arrived, and how long it was computed, ms. */
  pictures: { arrived: number; computeMs: number }[];
  /** Those of the smaller sizes. */
  measured: StepTime[];
}

/**
 * Measures how long the steps of style transfers take on the device of a host, one network at a time, while the device has
 * no session. A session ends the measurement, which begins again when the device is free. What an earlier start has measured
 * is not measured again.
 */
export class PaceMeter {
  /** Results by model, for the device in use; none for a model that could not be measured. */
  private readonly results = new Map<string, readonly StepTime[]>();
  private readonly wanted = new Set<string>();
  private device: string | null = null;
  private link: DeviceLink | null = null;
  private trial: Trial | null = null;

  constructor(
    private readonly parts: Pick<SessionParts, "locateFeatureModel" | "log" | "closing">,
    private readonly known: KnownStepTimes,
  ) {}

  /** The times of a model that is on this machine, small to large; null until they are measured, which this call asks for. */
  times(modelId: string): readonly StepTime[] | null {
    const known = this.results.get(modelId);
    if (known) return known;
    this.wanted.add(modelId);
    this.advance();
    return null;
  }

  /**
   * Begins to measure what is wanted on a device that has no sessions; `device` names its engine too. What was measured on
   * another one is forgotten.
   */
  resume(link: DeviceLink, device: string): void {
    if (this.device !== device) this.results.clear();
    this.device = device;
    this.link = link;
    this.advance();
  }

  /** Leaves the device to a session. */
  interrupt(): void {
    if (this.trial) this.link?.send({ type: "cancel", sessionId: this.trial.id });
    this.trial = null;
    this.link = null;
  }

  /** The device is gone. A network that may have ended it is not measured again. */
  died(): void {
    if (this.trial) this.finish(this.trial, []);
    this.trial = null;
    this.link = null;
  }

  /** Whether a message of the device is about the measurement. */
  takes(message: DeviceMessage): boolean {
    const { trial, link } = this;
    if (!trial || !link || !("sessionId" in message) || message.sessionId !== trial.id) return false;
    if (message.type === "frame") {
      trial.pictures.push({ arrived: performance.now(), computeMs: message.computeMs });
      link.send({ type: "acknowledge", sessionId: trial.id, step: message.step });
    } else if (message.type === "finished") this.conclude(trial);
    else if (message.type === "failed") this.giveUp(trial, message.message);
    return true;
  }

  private advance(): void {
    const [modelId] = this.wanted;
    if (this.link && !this.trial && modelId !== undefined) this.begin(modelId, SIDES[0], []);
  }

  private begin(modelId: string, side: number, measured: StepTime[]): void {
    const trial: Trial = { id: `pace-${randomUUID()}`, modelId, sha256: null, side, pictures: [], measured };
    this.trial = trial;
    const start = async () => {
      const network = await this.parts.locateFeatureModel(modelId, this.parts.closing);
      trial.sha256 = network.sha256;
      const known = await this.known.recall(this.timed(network.sha256));
      if (this.trial !== trial) return;
      if (known) {
        this.finish(trial, known);
        return this.advance();
      }
      const work = await workOf(network, side);
      if (this.trial === trial) this.link?.send({ type: "start", sessionId: trial.id, work, checkpoint: null, storedThrough: -1 });
    };
    start().catch((cause: unknown) => {
      if (this.trial === trial) this.giveUp(trial, cause);
    });
  }

  private conclude(trial: Trial): void {
    const { modelId, side } = trial;
    const time = timeOf(trial);
    const known = [...trial.measured, time];
    const next = SIDES.find((other) => other > side);
    if (next !== undefined && time.fastestMs * (next / side) ** 2 * STEPS <= MOST_MS) this.begin(modelId, next, known);
    else {
      if (trial.sha256 !== null) void this.known.remember(this.timed(trial.sha256), known);
      this.finish(trial, known);
      this.advance();
    }
  }

  private timed(sha256: string): Timed {
    return { device: this.device ?? "", sha256 };
  }

  private giveUp(trial: Trial, cause: unknown): void {
    this.parts.log(`The model ${trial.modelId} could not be timed:`, cause);
    this.finish(trial, []);
    this.advance();
  }

  private finish({ modelId }: Trial, times: readonly StepTime[]): void {
    this.trial = null;
    this.wanted.delete(modelId);
    this.results.set(modelId, times);
  }
}

/** At best a step takes the time to compute it; pictures arrive more slowly, because they are encoded as well. */
function timeOf({ side, pictures }: Trial): StepTime {
  const counted = pictures.slice(1, -1);
  const computing = counted.map(({ computeMs }) => computeMs).sort((a, b) => a - b);
  const arriving = (counted.at(-1)!.arrived - counted[0]!.arrived) / (counted.length - 1);
  const usual = computing.slice(0, Math.ceil(computing.length * (1 - LEFT_OUT)));
  return { pixels: side ** 2, fastestMs: usual[0]!, slowestMs: Math.max(usual.at(-1)!, arriving) };
}

/** A style transfer of one noisy picture in the style of another. */
async function workOf(network: FeatureNetworkFile, side: number): Promise<StyleTransferWork> {
  const chosen = { steps: STEPS, size: side, scales: 1 };
  const settings = { ...defaultSettings(chosen), ...chosen, model: network.id };
  const [content, style] = [await noise(side, 90), await noise(side, 160)];
  return {
    kind: "STYLE_TRANSFER",
    settings,
    content,
    styles: [{ ...style, weight: 1 }],
    changes: [],
    network,
    convolutions: newConvolutions,
  };
}

/** A square picture of grey noise around `mean`, 0..255. */
async function noise(side: number, mean: number): Promise<EncodedPicture> {
  const background = { r: mean, g: mean, b: mean };
  const create = { width: side, height: side, channels: 3, background, noise: { type: "gaussian", mean, sigma: 30 } } as const;
  const bytes = await sharp({ create }).png().toBuffer();
  return { digest: createHash("sha256").update(bytes).digest("hex"), bytes };
}
