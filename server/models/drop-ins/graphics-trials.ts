import { AtelierError, unavailable } from "../../errors.js";
import { messageWithLimit } from "../store/model-folder.js";
import type { GraphicsTrial, ModelToTry } from "./check.js";
import type { TrialRecord } from "./record.js";
import { Turns } from "./turns.js";

/** A folder whose model is in use. */
export interface FolderInUse {
  name: string;
  fingerprint: string;
  model: ModelToTry;
}

export interface GraphicsTrialsParts {
  record: Pick<TrialRecord, "find" | "set">;
  inUse(): readonly FolderInUse[];
  /** Reads a file again, which may have changed without a sign. @throws AtelierError when it is not the one that passed. */
  verify(folder: FolderInUse, signal: AbortSignal): Promise<void>;
  /** Takes a model out of use. */
  refuse(folder: FolderInUse, reason: string): Promise<void>;
  /** Has a folder checked in full. */
  checkAgain(name: string): void;
  /** Receives errors of the server itself. */
  report(error: unknown): void;
}

/**
 * Tries models on the graphics device that the server paints on, one after the other. They have passed on the processor and are
 * in use meanwhile: when the device is known, sessions may wait for them.
 */
export class GraphicsTrials {
  private trial: GraphicsTrial | null = null;
  private readonly turns = new Turns();
  /** Ends the trials that wait or run, by the names of their folders. */
  private readonly underWay = new Map<string, AbortController>();
  /** Folders that the device could not try, with their fingerprints. */
  private readonly undecided = new Map<string, string>();
  /** Names of the folders that the device refused. */
  private readonly refused = new Set<string>();
  private isClosed = false;

  constructor(private readonly parts: GraphicsTrialsParts) {}

  /** Tries what is in use on another device than before, and what that one refused; null where there is none. */
  begin(trial: GraphicsTrial | null): void {
    if (trial?.name === this.trial?.name) return;
    this.trial = trial;
    const refused = [...this.refused];
    for (const name of [...this.underWay.keys()]) this.end(name, "The server paints on another device now.");
    this.undecided.clear();
    this.refused.clear();
    for (const name of refused) this.parts.checkAgain(name);
    this.look();
  }

  /** Tries what has come into use. */
  look(): void {
    const { trial } = this;
    if (!trial || this.isClosed) return;
    for (const folder of this.parts.inUse()) {
      const { name, fingerprint } = folder;
      const isKnown = this.parts.record.find(name, fingerprint)?.device === trial.name || this.undecided.get(name) === fingerprint;
      if (!isKnown && !this.underWay.has(name)) this.start(folder, trial);
    }
  }

  /** Tries a folder once more that the device could not try. */
  again(name: string): void {
    if (this.undecided.delete(name)) this.look();
  }

  /** Ends the trial of a folder that has changed, or is not in use any more. */
  end(name: string, why: string): void {
    this.undecided.delete(name);
    this.refused.delete(name);
    this.underWay.get(name)?.abort(unavailable(why));
    this.underWay.delete(name);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const name of [...this.underWay.keys()]) this.end(name, "The server closes.");
    await this.turns.idle();
  }

  private start(folder: FolderInUse, trial: GraphicsTrial): void {
    const { name } = folder;
    const ending = new AbortController();
    this.underWay.set(name, ending);
    const tried = this.turns.take(() => this.tryOne(folder, trial, ending.signal));
    void tried.catch(this.parts.report).finally(() => {
      if (this.underWay.get(name) === ending) this.underWay.delete(name);
    });
  }

  private async tryOne(folder: FolderInUse, trial: GraphicsTrial, signal: AbortSignal): Promise<void> {
    const { name, fingerprint, model } = folder;
    if (signal.aborted) return;
    try {
      await this.parts.verify(folder, signal);
      const isAccepted = await trial.accepts(model, signal);
      const passed = this.parts.record.find(name, fingerprint);
      if (signal.aborted) return;
      if (!isAccepted) this.undecided.set(name, fingerprint);
      else if (passed) await this.parts.record.set(name, { ...passed, device: trial.name });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AtelierError)) throw error;
      this.refused.add(name);
      await this.parts.refuse(folder, messageWithLimit(error));
    }
  }
}
