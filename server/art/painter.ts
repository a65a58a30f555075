import { AtelierError } from "../errors.js";
import type { ChangeAtStep } from "../records/changes.js";
import type { ConvolutionMethod } from "../records/convolutions.js";
import type { Losses } from "../records/pictures.js";
import type { EncodedPicture, LiveTranslationWork, PaintedWork } from "./work.js";

/** A picture as float planes: 3 x H x W, RGB, 0..1 (NCHW without N). Width and height are in px. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A picture as interleaved RGB bytes: H x W x 3, 0..255. Width and height are in px. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The translation of one live picture. */
export interface LiveTranslation {
  pixels: Pixels;
  /** Time of the run, including the conversions to and from the network's ranges, ms. */
  computeMs: number;
}

/** One finished picture of a session. */
export interface PaintedStep {
  /** Number of the picture, counted from 0 over all scales. */
  step: number;
  planes: Planes;
  /** Losses of this picture; null for translations. */
  losses: Losses | null;
  /** Time of this step's evaluation and update, without encoding and transport, ms. */
  computeMs: number;
  /** True for the session's last picture, which is stored as PNG. */
  last: boolean;
}

/** Paints the pictures of one session, one at a time, on an engine that it may share with others. */
export interface Painter {
  /** Step of the picture that `paint` paints next. */
  readonly nextStep: number;
  /** How convolutions are computed, which may differ from what the work asks for. Absent where pictures do not depend on it. */
  readonly convolutions?: ConvolutionMethod;
  /** Whether that is because the machine has too little memory for the method that the work asks for. */
  readonly isShortOfMemory?: boolean;
  /**
   * Paints the next picture: updates it (unless it is the first), then evaluates it. Resolves to null after a part of a
   * slow picture, so that others may have a turn; call again then. Must not be called after a picture with `last`.
   * @throws AtelierError BAD_INPUT when the work does not fit its pictures or diverges; UNAVAILABLE when a model
   * returns no picture; OUT_OF_MEMORY; DEVICE_LOST.
   */
  paint(): Promise<PaintedStep | null>;
  /**
   * Returns the state from which the factory's `open` paints the last picture again and continues. The pictures after
   * that one are the same to the byte, unless the optimiser's state is too large to be stored.
   */
  checkpoint(): Uint8Array;
  /**
   * Changes what is painted, from the evaluation of picture `change.step` on, or of the next picture where that step is
   * past. Returns the step at which the change applies. Absent where nothing can be changed.
   */
  steer?(change: ChangeAtStep<EncodedPicture>): number;
  /** Frees what belongs to this painter alone. Programs and targets that other painters may use stay cached. */
  close(): Promise<void>;
}

/** Paints the next picture with all its parts, for callers that share the device with no one. */
export async function nextPainting(painter: Pick<Painter, "paint">): Promise<PaintedStep> {
  for (;;) {
    const painting = await painter.paint();
    if (painting) return painting;
  }
}

/** A checkpoint that is damaged or of another version: the work has to start again from step 0. */
export class CheckpointError extends AtelierError {
  constructor(message: string, options?: ErrorOptions) {
    super("INTERNAL", message, {}, options);
  }
}

/** Opens painters on one engine and keeps what they share: networks, programs, targets. */
export interface PainterFactory<Kind extends PaintedWork = PaintedWork> {
  /**
   * Opens a painter that starts at step 0, or at the checkpoint: then the first picture that it paints repeats the
   * checkpoint's picture.
   * @throws AtelierError BAD_INPUT for a picture that cannot be decoded or a layer that the network lacks; UNAVAILABLE
   * for a model's file that cannot be read; OUT_OF_MEMORY. CheckpointError for a checkpoint that cannot be used.
   */
  open(work: Kind, checkpoint: Uint8Array | null): Promise<Painter>;
  close(): Promise<void>;
}

/** Translates pictures that arrive one by one. Each is decoded, which may fail, and then translated. */
export interface LiveTranslator {
  /**
   * Decodes a picture (JPEG, PNG or WebP) to pixels whose longer side is the session's size.
   * @throws AtelierError BAD_INPUT when the bytes cannot be decoded.
   */
  decode(picture: Uint8Array): Promise<Pixels>;
  /**
   * Runs the network on one picture; must not be called again before the promise settles.
   * @throws AtelierError UNAVAILABLE when the network returns another size, or NaN or infinite values.
   */
  translate(picture: Pixels): Promise<LiveTranslation>;
  close(): Promise<void>;
}

/** Painters and live translators of every kind of work, on one engine. */
export interface Painters extends PainterFactory {
  /** Opens a live translation. @throws AtelierError UNAVAILABLE for a model that cannot be opened; OUT_OF_MEMORY. */
  openLive(work: LiveTranslationWork): Promise<LiveTranslator>;
}
