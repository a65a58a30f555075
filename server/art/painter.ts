import type { ChangeAtStep } from "../records/changes.js";
import type { Losses } from "../records/pictures.js";
import type { EncodedPicture, LiveTranslationWork, PaintedWork } from "./work.js";

/** A picture as float planes: 3 x height x width, RGB, 0..1 (NCHW with N = 1 left out). */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A picture as interleaved RGB bytes: height x width x 3. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What the network made of a live picture. */
export interface LiveTranslation {
  pixels: Pixels;
  /** Time of the run with the conversions to and from what the network takes, ms. */
  computeMs: number;
}

/** One finished picture of a session. */
export interface Painting {
  /** Counted from 0 over all scales. */
  step: number;
  planes: Planes;
  losses: Losses | null;
  /** Time of this step's evaluation and update, without encoding and transport. */
  computeMs: number;
  /** True for the session's last picture: stored as PNG. */
  last: boolean;
}

/** Makes the pictures of one session, one at a time, on an engine that it may share with others. */
export interface Painter {
  /** Step of the picture that the next call of `paint` gives. */
  readonly nextStep: number;
  /**
   * The next picture: update (unless it is the first), evaluate. Null for a part of one that takes long, after which others
   * may have a turn; call again. Not to be called after a picture with `last`.
   */
  paint(): Promise<Painting | null>;
  /**
   * What is needed to paint the last picture again and go on from it, as bytes that the factory's `open` takes. The
   * pictures after that one are the same to the byte, unless what the optimiser keeps is too large to be kept.
   */
  checkpoint(): Uint8Array;
  /**
   * Changes what is painted, from the evaluation of picture `change.step` on, or of the next one where that is past; answers
   * the step that it became. Not there where nothing can be changed.
   */
  steer?(change: ChangeAtStep<EncodedPicture>): number;
  /** Frees what belongs to this painter alone; programs and targets that others may use stay cached. */
  close(): Promise<void>;
}

/** The painter's next picture, however many parts it comes in: for those who share the device with nobody. */
export async function nextPainting(painter: Pick<Painter, "paint">): Promise<Painting> {
  for (;;) {
    const painting = await painter.paint();
    if (painting) return painting;
  }
}

/** Opens painters on one engine and keeps what they share: networks, programs, targets. */
export interface PainterFactory<Kind extends PaintedWork = PaintedWork> {
  /**
   * A painter that begins at step 0, or with the checkpoint's picture: the first picture that it paints repeats that one.
   * @throws AtelierError BAD_INPUT for a picture that cannot be decoded or a layer that the network lacks; UNAVAILABLE
   * for a network file that cannot be read; OUT_OF_MEMORY. CheckpointError for a checkpoint that cannot be used.
   */
  open(work: Kind, checkpoint: Uint8Array | null): Promise<Painter>;
  close(): Promise<void>;
}

/** Translates pictures that come one by one; each costs a decoding, which may fail, and a run of the network. */
export interface LiveTranslator {
  /**
   * An encoded picture (JPEG, PNG or WebP) as pixels whose longer side is the session's size.
   * @throws AtelierError BAD_INPUT when the bytes cannot be decoded.
   */
  decode(picture: Uint8Array): Promise<Pixels>;
  /**
   * What the network makes of a picture; one at a time.
   * @throws AtelierError UNAVAILABLE when it answers no picture of that size, or no colours.
   */
  translate(picture: Pixels): Promise<LiveTranslation>;
  close(): Promise<void>;
}

/** Everything that a device can be asked for, on one engine. */
export interface Painters extends PainterFactory {
  /** @throws AtelierError UNAVAILABLE for a network that cannot be opened; OUT_OF_MEMORY. */
  openLive(work: LiveTranslationWork): Promise<LiveTranslator>;
}
